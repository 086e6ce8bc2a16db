import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { smallestAbove } from '../../../../../src/stores/embedded/leases/smallest.ts'

const isOdd = (number: number): boolean => number % 2 === 1

test('the smallest numbers wanted above one, in order, whatever order they come in', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { maxLength: 200 })
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 1, max: 30 }), (all, after, count) => {
      const sorted = all.filter((number) => number > after && isOdd(number)).sort((a, b) => a - b)
      assert.deepEqual(smallestAbove(after, new Set(all), count, isOdd), sorted.slice(0, count))
    }),
  )
})
