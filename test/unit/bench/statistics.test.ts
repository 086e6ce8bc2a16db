import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { median, ratioOf, summarize } from '../../../bench/statistics.ts'

test('the median is the middle, or the mean of the two in the middle', () => {
  assert.equal(median([3]), 3)
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([10, 9, 1, 2]), 5.5)
  assert.throws(() => median([]), /no values/)
})

test('values are ordered as numbers and left as they are', () => {
  const values = [100, 9, 20]
  assert.equal(median(values), 20)
  assert.deepEqual(values, [100, 9, 20])
})

test('as many values lie above the median as below it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 50 }), (values) => {
      const middle = median(values)
      const below = values.filter((value) => value < middle).length
      const above = values.filter((value) => value > middle).length
      assert.ok(below <= values.length / 2 && above <= values.length / 2)
    }),
  )
})

test('a summary holds the median, both ends and how many there were', () => {
  assert.deepEqual(summarize([4, 2, 9]), { median: 4, min: 2, max: 9, rounds: 3 })
})

test('a ratio is that of the medians, its spread that of the pairs', () => {
  // The second round was slow for both: their ratio did not change.
  assert.deepEqual(ratioOf([50, 10, 60], [100, 20, 100]), { median: 0.5, min: 0.5, max: 0.6, rounds: 3 })
})

test('a round that one side lacks does not count', () => {
  assert.deepEqual(ratioOf([10, 90], [20]), { median: 0.5, min: 0.5, max: 0.5, rounds: 1 })
  assert.throws(() => ratioOf([], [1]), /no values/)
})
