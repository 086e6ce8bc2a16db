import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Json, TooDeep } from '../../../../src/operation/query/json-value.ts'
import { compareValues } from '../../../../src/operation/query/order.ts'
import { SortKeyWriter } from '../../../../src/operation/query/sort-key.ts'
import { jsonValue } from '../../../support/query-arbitraries.ts'

function keyOf(terms: readonly Json[], descending: readonly boolean[]): Uint8Array {
  const writer = new SortKeyWriter()
  terms.forEach((term, i) => {
    writer.append(term, descending[i] ?? false)
  })
  return writer.copy()
}

const value = jsonValue as fc.Arbitrary<Json>

test('the order of types, least first', () => {
  const ordered: Json[] = [
    ...[null, -1e300, -2, -1.5, -0, 5e-324, 1, 2 ** 53, 1e300, '', '\u0000', 'a', 'a\u0000', 'aa', 'b', '\u00e9'],
    ...['\ud7ff', '\uffee', '\u{10000}', '\u{1f600}'],
    ...[{}, { a: null }, { b: null }, { a: 1 }, { a: 1, b: 1 }, { b: 1 }, { a: 'x' }],
    ...[[], [null], [1], [1, 1], [2], ['x'], [[]], false, true],
  ]
  for (let i = 1; i < ordered.length; i++) {
    assert.ok(compareValues(ordered[i - 1], ordered[i]) < 0, `${JSON.stringify(ordered[i - 1])} must come first`)
  }
})

test('byte order of keys is the order of values, in both directions', () => {
  const pair = fc.tuple(value, value)
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 3 }), fc.array(fc.boolean()), (pairs, descending) => {
      let expected = 0
      for (const [i, [a, b]] of pairs.entries()) {
        expected ||= Math.sign(compareValues(a, b)) * (descending[i] === true ? -1 : 1) + 0
      }
      const [left, right] = [0, 1].map((side) =>
        keyOf(
          pairs.map((one) => one[side]!),
          descending,
        ),
      )
      assert.equal(Buffer.compare(left!, right!), expected)
    }),
    { numRuns: 5_000, interruptAfterTimeLimit: 10_000 },
  )
})

test('an array without elements comes before null', () => {
  const writer = new SortKeyWriter()
  writer.append(undefined, false)
  assert.ok(writer.compare(keyOf([null], [])) < 0)
})

test('a key with zero bytes keeps its order, reversed too', () => {
  const keys = [[0], [0, 0], [0, 1], [1], [1, 0], [1, 0, 0], [1, 0, 255], [1, 1], [255], [255, 0]]
  for (const descending of [false, true]) {
    const encoded = keys.map((key) => {
      const writer = new SortKeyWriter()
      writer.appendKey(Uint8Array.from(key), descending)
      return writer.copy()
    })
    for (let i = 1; i < encoded.length; i++) {
      assert.equal(
        Buffer.compare(encoded[i - 1]!, encoded[i]!),
        descending ? 1 : -1,
        `keys ${keys[i - 1]} and ${keys[i]}`,
      )
    }
  }
})

test('long texts grow the buffer; too deep values are refused', () => {
  const long = 'é'.repeat(100_000)
  assert.equal(keyOf([long, 1], []).length, 1 + 200_000 + 2 + 9)
  const deep = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`) as Json
  assert.throws(() => keyOf([deep], []), TooDeep)
  assert.throws(() => compareValues(deep, deep), TooDeep)
})
