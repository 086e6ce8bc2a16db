import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskFile } from '../../../../../src/runtime/disk.ts'
import { blockHeaderBytes, entryHeaderBytes, sealBlock } from '../../../../../src/stores/embedded/log/block.ts'
import { SegmentWindow } from '../../../../../src/stores/embedded/log/segment-window.ts'

const windowBytes = 1 << 20
const salt = 99
const leastBytes = blockHeaderBytes + entryHeaderBytes

function block(index: number, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes, 5)
  sealBlock(bytes, 0, lengthBytes, salt, 3, index, 1)
  return bytes
}

function windowOver(...contents: readonly Buffer[]): { window: SegmentWindow; open(place: number): void } {
  const window = new SegmentWindow()
  const open = (place: number): void => {
    const content = contents[place]!
    const read: DiskFile['read'] = (target, start, length, position) => {
      const part = content.subarray(position, position + length)
      target.set(part, start)
      return part.length
    }
    window.open({ read } as DiskFile, content.length)
  }
  open(0)
  return { window, open }
}

const found = (window: SegmentWindow, position: number): number[] =>
  [...window.blocksAfter(position, salt)].map(({ firstIndex }) => firstIndex)

test('a block is found wherever it begins and ends beside the edge of the window', () => {
  for (let shift = -leastBytes - 4; shift <= 4; shift++) {
    const content = Buffer.alloc(2 * windowBytes)
    block(7, leastBytes + 3).copy(content, windowBytes + shift)
    const { window } = windowOver(content)
    assert.deepEqual(found(window, 0), [7], `${shift} bytes from the edge, among others`)
    assert.equal(window.blockAt(windowBytes + shift, salt)?.firstIndex, 7)
    assert.equal(window.blockAt(windowBytes + shift, salt + 1), undefined, 'of another salt')
    assert.equal(window.blockAt(windowBytes + shift + 1, salt), undefined)
  }
})

test('a block larger than the window is read whole, and smaller ones around it', () => {
  const contents = [block(1, 100), block(2, 3 * windowBytes + 1), block(3, leastBytes), block(4, windowBytes)]
  const { window } = windowOver(Buffer.concat(contents))
  let position = 0
  for (const [place, { length }] of contents.entries()) {
    const header = window.blockAt(position, salt)
    assert.deepEqual([header?.firstIndex, header?.lengthBytes], [place + 1, length])
    assert.deepEqual(window.bytes.subarray(window.start, window.start + length), contents[place])
    position += length
  }
  assert.equal(window.blockAt(position, salt), undefined, 'the file ends')
  assert.equal(window.blockAt(0, salt)?.firstIndex, 1, 'and back at its beginning')
})

test('what an earlier file left in memory is not found in a later, shorter one', () => {
  const earlier = Buffer.concat([block(1, 200), block(2, 200)])
  const later = Buffer.concat([block(3, 200), Buffer.alloc(20)])
  const { window, open } = windowOver(earlier, later, Buffer.alloc(0))
  assert.deepEqual(found(window, 0), [1, 2])
  open(1)
  assert.deepEqual(found(window, 0), [3])
  assert.equal(window.blockAt(200, salt), undefined)
  open(2)
  assert.deepEqual(found(window, 0), [])
})

test('a length that cannot be is no block, and says how much of one is torn', () => {
  for (const [length, torn] of [
    [0, blockHeaderBytes],
    [blockHeaderBytes, blockHeaderBytes],
    [301, 300],
    [0xffffffff, 300],
  ] as const) {
    const content = block(1, 300)
    content.writeUInt32LE(length, 8)
    const { window } = windowOver(content)
    assert.equal(window.blockAt(0, salt), undefined)
    assert.equal(window.tornBytesAt(0, salt), torn)
    assert.equal(window.tornBytesAt(0, salt + 1), 0, 'what a recycled file held before')
    assert.equal(window.tornBytesAt(300, salt), 0, 'nothing is there')
  }
})
