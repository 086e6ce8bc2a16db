import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import { blockHeaderBytes } from '../../../../../src/stores/embedded/log/block.ts'
import { LogDamaged } from '../../../../../src/stores/embedded/log/recovery.ts'
import { segmentHeaderBytes } from '../../../../../src/stores/embedded/log/segment.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { findLog, LogFixture, type LogFixtureSettings, logFolder } from '../../../../support/log-fixture.ts'
import { VirtualRuntime } from '../../../../support/virtual-runtime.ts'

const segmentBytes = 4096

interface Written {
  readonly disk: FaultyDisk
  /** Of each entry, which is a block of its own. */
  readonly blocks: readonly {
    readonly path: string
    readonly start: number
    readonly end: number
    readonly index: number
  }[]
}

/** A log of `count` blocks with one entry each, all durable, and where they are. */
async function written(count: number, valueBytes = 300, settings: LogFixtureSettings = {}): Promise<Written> {
  const disk = new FaultyDisk(seededRandom(5))
  const fixture = new LogFixture(new VirtualRuntime(9), disk, { segmentBytes, ...settings })
  for (let i = 1; i <= count; i++) {
    fixture.append({ key: `key${i}`, value: `${i}`.padEnd(valueBytes, '.') })
    await fixture.log.idle()
  }
  await fixture.log.close()
  const blocks: Written['blocks'][number][] = []
  for (const path of pathsOf(disk)) {
    const bytes = contentOf(disk, path)
    if (bytes.readUInt32LE(0) === 0) continue
    const isBlock = (at: number): boolean => at + blockHeaderBytes <= bytes.length && bytes.readUInt32LE(at) !== 0
    for (let at = segmentHeaderBytes; isBlock(at); at = blocks.at(-1)!.end) {
      blocks.push({ path, start: at, end: at + bytes.readUInt32LE(at + 8), index: bytes.readUIntLE(at + 20, 6) })
    }
  }
  assert.deepEqual(
    blocks.map(({ index }) => index),
    Array.from({ length: count }, (_, i) => i + 1),
  )
  return { disk, blocks }
}

const pathsOf = (disk: FaultyDisk): string[] =>
  disk
    .list(logFolder)
    .map((name) => `${logFolder}/${name}`)
    .sort()

function contentOf(disk: FaultyDisk, path: string): Buffer {
  const file = disk.open(path, 'existing')
  const bytes = Buffer.alloc(file.size())
  file.read(bytes, 0, bytes.length, 0)
  return bytes
}

/** The same disk with one file's bytes changed. */
function changed(disk: FaultyDisk, path: string, change: (bytes: Buffer) => void): FaultyDisk {
  const copy = new FaultyDisk(seededRandom(1))
  for (const each of pathsOf(disk)) {
    const bytes = contentOf(disk, each)
    if (each === path) change(bytes)
    const file = copy.open(each, 'create')
    file.write(bytes, 0, bytes.length, 0)
    file.datasyncNow()
  }
  copy.syncDirectory()
  return copy
}

const indexes = (disk: FaultyDisk, appliedIndex = 0, strict = true): number[] => [
  ...findLog(disk, appliedIndex, strict).entries.keys(),
]

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1)

test('a last block that is torn at any byte is dropped, and only that', async () => {
  const { disk, blocks } = await written(4, 150)
  const last = blocks.at(-1)!
  const filler = [() => 0, () => 0xff, (at: number) => at * 31]
  for (const [kind, fill] of filler.entries()) {
    for (let cut = last.start; cut < last.end; cut++) {
      const torn = changed(disk, last.path, (bytes) => {
        const before = Buffer.from(bytes)
        for (let at = cut; at < bytes.length; at++) bytes[at] = fill(at)
        // What the file held before may be what the block would have written there.
        if (before.subarray(cut, last.end).equals(bytes.subarray(cut, last.end))) bytes[cut] = ~bytes[cut]! & 0xff
      })
      const found = findLog(torn)
      assert.deepEqual([...found.entries.keys()], upTo(3), `cut at ${cut - last.start}, filled by ${kind}`)
      assert.equal(found.lastIndex, 3)
      assert.equal(found.tornBytes > 0, cut >= last.start + 16, 'seen once its salt is there')
    }
  }
  assert.deepEqual(indexes(disk), upTo(4))
})

test('every byte of a block counts: changed, it is no block', async () => {
  const { disk, blocks } = await written(3, 60)
  const { path, start, end } = blocks.at(-1)!
  for (let at = start; at < end; at++) {
    const broken = changed(disk, path, (bytes) => {
      bytes[at] = bytes[at]! ^ 0x10
    })
    assert.deepEqual(indexes(broken), [1, 2], `byte ${at - start}`)
  }
})

test('damage with intact blocks behind it in the same file is refused, naming file and byte', async () => {
  const { disk, blocks } = await written(6, 100)
  const { path, start } = blocks[2]!
  for (const at of [start, start + 6, start + blockHeaderBytes, start + 80]) {
    const broken = changed(disk, path, (bytes) => {
      bytes[at] = bytes[at]! ^ 1
    })
    assert.throws(() => findLog(broken), {
      name: 'Error',
      message: `${path}: damaged at byte ${start}, with intact blocks after it`,
    })
    assert.throws(() => findLog(broken), LogDamaged)
  }
})

test('damage at the end of a file that is not the last is refused, naming that file', async () => {
  const { disk, blocks } = await written(30)
  const lastOfFirst = blocks.filter(({ path }) => path === blocks[0]!.path).at(-1)!
  assert.notEqual(lastOfFirst.path, blocks.at(-1)!.path)
  const broken = changed(disk, lastOfFirst.path, (bytes) => {
    bytes[lastOfFirst.end - 1] = 0
  })
  assert.throws(() => findLog(broken), {
    message: new RegExp(`entry ${lastOfFirst.index} should be at byte ${lastOfFirst.start} of ${lastOfFirst.path}`),
  })
})

test('a damaged header is refused, and the file is left as it is', async () => {
  const { disk, blocks } = await written(30)
  for (const path of new Set(blocks.map((block) => block.path))) {
    const broken = changed(disk, path, (bytes) => {
      bytes[10] = bytes[10]! ^ 1
    })
    assert.throws(() => findLog(broken), { message: `${path}: its header is damaged` })
    assert.ok(broken.exists(path))
  }
  const newer = changed(disk, blocks[0]!.path, (bytes) => {
    bytes[5] = 2
  })
  assert.throws(() => findLog(newer), /header is damaged|format 2/)
})

test('a file whose first bytes have become zeros is refused while it holds what the engine lacks, and never removed', async () => {
  const { disk, blocks } = await written(30)
  const { path } = blocks.at(-1)!
  const own = blocks.filter((block) => block.path === path)
  assert.ok(own.length > 3)
  for (const zeros of [segmentHeaderBytes, 512, own[1]!.start + 1, own.at(-1)!.start]) {
    const broken = changed(disk, path, (bytes) => bytes.fill(0, 0, zeros))
    assert.throws(() => findLog(broken), { message: new RegExp(`^${path}: its header has become zeros.*put a copy`) })
    assert.throws(() => findLog(broken, own.at(-1)!.index - 1), LogDamaged)
    assert.ok(broken.exists(path))
    assert.equal(findLog(broken, own.at(-1)!.index).lastIndex, own.at(-1)!.index, 'what the engine has may go')
    assert.equal(broken.exists(path), false)
  }
  // What a crash can leave of a first block: any of its sectors but the one with the header, and nothing behind it.
  const torn = changed(disk, path, (bytes) => bytes.fill(0, 0, 512).fill(0, own[0]!.end))
  assert.equal(findLog(torn).lastIndex, own[0]!.index - 1)
})

test('a missing file is refused, naming the entry and the file that goes on', async () => {
  const { disk, blocks } = await written(60)
  const paths = [...new Set(blocks.map(({ path }) => path))]
  assert.ok(paths.length > 3)
  for (const [place, path] of paths.slice(0, -1).entries()) {
    const without = changed(disk, '', () => {})
    without.remove(path)
    const next = blocks.find((block) => block.path === paths[place + 1])!
    const missing = blocks.find((block) => block.path === path)!
    const expected = place === 0 ? 'begins' : 'goes on'
    assert.throws(() => findLog(without), {
      message: new RegExp(`^${next.path} ${expected} with entry ${next.index}: .*entry ${missing.index} .*missing$`),
    })
  }
})

test('what the engine has may be missing, and no more than that', async () => {
  const { disk, blocks } = await written(60)
  const paths = [...new Set(blocks.map(({ path }) => path))]
  const without = (): FaultyDisk => {
    const copy = changed(disk, '', () => {})
    copy.remove(paths[0]!)
    copy.remove(paths[1]!)
    return copy
  }
  const next = blocks.find(({ path }) => path === paths[2])!
  const found = findLog(without(), next.index - 1)
  assert.deepEqual([...found.entries.keys()], upTo(60).slice(next.index - 1))
  assert.equal(findLog(without(), 1000).lastIndex, 1000, 'the engine may know more than the log')
  assert.throws(() => findLog(without(), next.index - 2), LogDamaged)
  const recycled = changed(disk, '', () => {})
  recycled.remove(paths[1]!)
  assert.equal(findLog(recycled, next.index - 1).lastIndex, 60, 'gaps among what the engine has are normal')
})

test('a recycled file is not taken for what it held before', async () => {
  const runtime = new VirtualRuntime(11)
  const disk = new FaultyDisk(seededRandom(6))
  const fixture = new LogFixture(runtime, disk, { segmentBytes })
  let index = 0
  while (index < 200) {
    index = fixture.append({ key: `key${index}`, value: 'x'.repeat((index * 53) % 700) })
    await fixture.log.idle()
    // All but the newest ten entries are in the engine, flushed.
    fixture.log.releaseUpTo(index - 10)
  }
  const paths = pathsOf(disk)
  assert.ok(paths.length < 20, `${paths.length} files for 200 entries`)
  disk.crash()
  const found = findLog(disk, index - 10)
  const needed = [...found.entries.keys()].filter((each) => each > index - 10)
  assert.deepEqual(needed, upTo(200).slice(-10))
})

test('a file whose new name was lost is read in the place its header gives it', async () => {
  const { disk, blocks } = await written(30)
  const paths = [...new Set(blocks.map(({ path }) => path))]
  const lost = changed(disk, '', () => {})
  lost.rename(paths[1]!, `${logFolder}/000000000000.log`)
  lost.rename(paths[0]!, `${logFolder}/0000000000ff.log`)
  const found = findLog(lost)
  assert.deepEqual([...found.entries.keys()], upTo(30))
  assert.equal(found.nextSequence, 0x100, 'behind every name and every header')
})

test('what the process had written when it died is made durable before anything builds on it', async () => {
  const disk = new FaultyDisk(seededRandom(8))
  const first = new LogFixture(new VirtualRuntime(1), disk.mount(), { segmentBytes })
  first.append({ key: 'a', value: 'synced' })
  await first.log.idle()
  // A block that is written but whose datasync never came: only the process dies.
  const lazy = disk.mount()
  const open = lazy.open
  const mute: typeof lazy = { ...lazy, open: (path, mode) => Object.assign(open(path, mode), { datasync: () => {} }) }
  const second = new LogFixture(new VirtualRuntime(2), mute, { segmentBytes }, findLog(disk))
  second.append({ key: 'b', value: 'only in the page cache' })
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  disk.kill()
  const found = findLog(disk)
  assert.deepEqual([...found.entries.keys()], [1, 2])
  const third = new LogFixture(new VirtualRuntime(3), disk.mount(), { segmentBytes }, found)
  third.append({ key: 'c', value: 'built on b' })
  await third.log.idle()
  disk.crash()
  assert.deepEqual(indexes(disk), [1, 2, 3])
})

test('with durability os the log ends at the first gap, whatever the system wrote behind it', async () => {
  const { disk, blocks } = await written(60)
  const paths = [...new Set(blocks.map(({ path }) => path))]
  const torn = blocks.filter(({ path }) => path === paths[1]).at(-1)!
  const broken = changed(disk, torn.path, (bytes) => bytes.fill(0, torn.start, torn.end))
  assert.throws(() => findLog(broken), LogDamaged)
  const found = findLog(broken, 0, false)
  assert.deepEqual([...found.entries.keys()], upTo(torn.index - 1))
  const fixture = new LogFixture(new VirtualRuntime(4), broken, { segmentBytes }, found)
  fixture.append({ key: 'next', value: 'another entry of that index' })
  await fixture.log.close()
  broken.crash()
  const again = findLog(broken, 0, false)
  assert.deepEqual([...again.entries.keys()], upTo(torn.index))
  assert.equal(again.entries.get(torn.index)![0]!.key, 'next', 'what was dropped did not come back')
  const middle = changed(disk, blocks[2]!.path, (bytes) => bytes.fill(0, blocks[2]!.start, blocks[2]!.end))
  assert.deepEqual(indexes(middle, 0, false), [1, 2])
})

test('the same entry twice is refused', async () => {
  const { disk, blocks } = await written(30)
  const paths = [...new Set(blocks.map(({ path }) => path))]
  const twice = changed(disk, '', () => {})
  const bytes = contentOf(twice, paths[0]!)
  const file = twice.open(`${logFolder}/00000000ffff.log`, 'create')
  file.write(bytes, 0, bytes.length, 0)
  assert.throws(() => findLog(twice), LogDamaged)
})

test('an empty folder, and files that were only prepared', () => {
  const disk = new FaultyDisk(seededRandom(1))
  assert.deepEqual([findLog(disk).lastIndex, findLog(disk).nextSequence], [0, 1])
  for (const [name, size] of [
    ['000000000007', 4096],
    ['000000000008', 0],
    ['000000000009', 10],
  ] as const) {
    disk.open(`${logFolder}/${name}.log`, 'create').write(Buffer.alloc(size), 0, size, 0)
  }
  disk.open(`${logFolder}/notes.txt`, 'create')
  assert.equal(findLog(disk, 5).lastIndex, 5)
  assert.deepEqual(pathsOf(disk), [`${logFolder}/notes.txt`])
})
