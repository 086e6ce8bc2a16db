import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KeyRange } from '../../../src/operation/body.ts'
import { rangeAfter, rangeOf } from '../../../src/operation/key-range.ts'

const bytes = fc.uint8Array({ maxLength: 4, max: 3 }).map((low) => low.map((byte) => (byte === 3 ? 0xff : byte)))
const key = bytes.filter(({ length }) => length > 0)

function contains({ lower, upper }: KeyRange, candidate: Uint8Array): boolean {
  const over = lower === undefined ? 1 : Buffer.compare(candidate, lower.key)
  const under = upper === undefined ? -1 : Buffer.compare(candidate, upper.key)
  return (over > 0 || (over === 0 && lower!.inclusive)) && (under < 0 || (under === 0 && upper!.inclusive))
}

test('a range holds exactly the keys that satisfy prefix, start and end', () => {
  const part = fc.option(bytes, { nil: undefined })
  fc.assert(
    fc.property(part, part, part, key, (prefix, start, end, candidate) => {
      const expected =
        (prefix === undefined || Buffer.compare(candidate.subarray(0, prefix.length), prefix) === 0) &&
        (start === undefined || Buffer.compare(candidate, start) >= 0) &&
        (end === undefined || Buffer.compare(candidate, end) < 0)
      assert.equal(contains(rangeOf({ prefix, start, end }), candidate), expected)
    }),
    { numRuns: 3000 },
  )
})

test('the rest of a range lies behind the last key', () => {
  fc.assert(
    fc.property(key, key, key, fc.constantFrom('asc' as const, 'desc' as const), (start, last, candidate, order) => {
      const whole = rangeOf({ start })
      fc.pre(contains(whole, last))
      const rest = rangeAfter(whole, order, last)
      const behind = Buffer.compare(candidate, last)
      const expected = contains(whole, candidate) && (order === 'asc' ? behind > 0 : behind < 0)
      assert.equal(contains(rest, candidate), expected)
    }),
    { numRuns: 1000 },
  )
})

test('nothing given is everything', () => {
  assert.deepEqual(rangeOf({}), {})
  assert.deepEqual(rangeOf({ prefix: new Uint8Array(0) }), {})
  assert.deepEqual(rangeOf({ prefix: Uint8Array.of(0xff, 0xff) }), {
    lower: { key: Uint8Array.of(0xff, 0xff), inclusive: true },
  })
})
