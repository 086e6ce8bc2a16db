import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pieces } from '../../../src/ingress/pieces.ts'
import { Scratch } from '../../../src/ingress/scratch.ts'

const bytes = Buffer.from('abcdef')
const scratch = new Scratch()
const textsOf = (pieces: readonly { bytes: Buffer; start: number; end: number }[]): string[] =>
  pieces.map((piece) => piece.bytes.toString('latin1', piece.start, piece.end))

test('the only piece is used again, and lets go of its bytes', () => {
  const pieces = new Pieces()
  pieces.push(bytes, 0, 2, scratch)
  const { only } = pieces
  assert.deepEqual([...textsOf([only]), only.scratch], ['ab', scratch])
  pieces.dropOnly()
  assert.deepEqual([pieces.length, only.bytes.length, only.scratch], [0, 0, undefined])
  pieces.push(bytes, 2, 4, undefined)
  assert.equal(pieces.only, only)
  assert.deepEqual(textsOf([only]), ['cd'])
  pieces.push(bytes, 4, 6, undefined)
  assert.throws(() => pieces.dropOnly(), /2 pieces, not one/)
})

test('pieces are taken from a mark on, a dropped one is not among them', () => {
  const pieces = new Pieces()
  assert.deepEqual(pieces.takeFrom(0), [])
  pieces.push(bytes, 0, 1, undefined)
  pieces.dropOnly()
  assert.deepEqual(pieces.takeFrom(0), [])
  for (let i = 0; i < 4; i++) pieces.push(bytes, i, i + 1, undefined)
  assert.deepEqual(textsOf(pieces.takeFrom(2)), ['c', 'd'])
  assert.equal(pieces.length, 2)
  pieces.push(bytes, 5, 6, undefined)
  assert.throws(() => pieces.takeFrom(4), /3 pieces, fewer than 4/)
  assert.deepEqual(textsOf(pieces.takeFrom(0)), ['a', 'b', 'f'])
  assert.equal(pieces.length, 0)
})
