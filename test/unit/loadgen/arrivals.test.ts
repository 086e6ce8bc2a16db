import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constantArrivals, poissonArrivals, unitReal } from '../../../src/loadgen/arrivals.ts'
import { seededRandom } from '../../../src/runtime/random.ts'

test('constant arrivals are evenly spaced and do not drift', () => {
  const arrivals = constantArrivals(3)
  const times = Array.from({ length: 3_000_001 }, () => arrivals.next())
  assert.deepEqual(times.slice(0, 4), [0, 1000 / 3, 2000 / 3, 1000])
  assert.equal(times.at(-1), 1_000_000_000)
})

test('poisson arrivals have exponential gaps of the right mean', () => {
  const arrivals = poissonArrivals(1000, seededRandom(11))
  const count = 200_000
  let previous = 0
  let longerThanMean = 0
  for (let i = 0; i < count; i++) {
    const next = arrivals.next()
    assert.ok(next >= previous)
    if (next - previous > 1) longerThanMean++
    previous = next
  }
  assert.ok(Math.abs(previous / count - 1) < 0.01, `mean gap ${previous / count} ms`)
  assert.ok(Math.abs(longerThanMean / count - Math.exp(-1)) < 0.005, `${longerThanMean} gaps above the mean`)
})

test('a unit real is never 0 and reaches 1', () => {
  const lowest = { bytes: () => Buffer.alloc(0), integer: () => 0 }
  const highest = { bytes: () => Buffer.alloc(0), integer: (below: number) => below - 1 }
  assert.ok(unitReal(lowest) > 0)
  assert.equal(unitReal(highest), 1)
})
