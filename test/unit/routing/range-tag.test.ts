import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketOf } from '../../../src/operation/bucket.ts'
import { bucketOfRange } from '../../../src/routing/range-tag.ts'
import { bytesOf } from '../../support/operations.ts'

function range(lower: string, upper: string, inclusive = false) {
  return { lower: { key: bytesOf(lower), inclusive: true }, upper: { key: bytesOf(upper), inclusive } }
}

test('a prefix with a whole tag pins the range', () => {
  assert.equal(bucketOfRange(range('{a}', '{a~')), bucketOf(bytesOf('a')))
  assert.equal(bucketOfRange(range('x{a}:', 'x{a};')), bucketOf(bytesOf('a')))
  assert.equal(bucketOfRange(range('{a}1', '{a}9', true)), bucketOf(bytesOf('a')))
  assert.equal(bucketOfRange(range('{a}', '{a}', true)), bucketOf(bytesOf('a')))
})

test('anything less does not', () => {
  for (const open of [
    {},
    { lower: { key: bytesOf('{a}'), inclusive: true } },
    { upper: { key: bytesOf('{a}'), inclusive: true } },
  ]) {
    assert.equal(bucketOfRange(open), undefined)
  }
  assert.equal(bucketOfRange(range('{a', '{b')), undefined)
  assert.equal(bucketOfRange(range('{a}', '{b}')), undefined)
  assert.equal(bucketOfRange(range('{a}', '{a\u007f')), undefined)
  assert.equal(bucketOfRange(range('{}x', '{}y')), undefined)
  assert.equal(bucketOfRange(range('{a}', '{a~', true)), undefined)
})

test('every key of a pinned range lies in the bucket', () => {
  const piece = fc.constantFrom('{', '}', '~', 'a', 'b', ':', '|')
  const key = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))
  let pinned = 0
  fc.assert(
    fc.property(key, key, key, fc.boolean(), fc.array(key, { maxLength: 10 }), (head, low, high, inclusive, keys) => {
      const lower = head + low
      const upper = head + high
      const bucket = bucketOfRange(range(lower, upper, inclusive))
      if (bucket === undefined) return
      pinned++
      // Random keys rarely fall inside: try the bounds with something added, too.
      for (const candidate of [
        lower,
        upper,
        ...keys,
        ...keys.map((tail) => lower + tail),
        ...keys.map((tail) => upper + tail),
      ]) {
        const bytes = Buffer.from(candidate)
        const below = Buffer.compare(bytes, bytesOf(upper))
        const inside = Buffer.compare(bytes, bytesOf(lower)) >= 0 && (below < 0 || (inclusive && below === 0))
        if (inside) assert.equal(bucketOf(bytes), bucket, candidate)
      }
    }),
    { numRuns: 10_000, interruptAfterTimeLimit: 5_000 },
  )
  assert.ok(pinned > 20, `only ${pinned} ranges were pinned`)
})
