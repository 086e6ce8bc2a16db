import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { build } from 'hdr-histogram-js'
import { LogLinearHistogram, maxHistogramValue } from '../../../src/telemetry/log-linear-histogram.ts'

const value = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 100_000 }), fc.nat({ max: maxHistogramValue }))
const samples = fc.array(fc.tuple(value, fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 60 })
const percents = [0.1, 10, 50, 90, 99, 99.9, 100]

function filled(recorded: readonly (readonly [number, number])[]): LogLinearHistogram {
  const histogram = new LogLinearHistogram()
  for (const [sample, count] of recorded) histogram.record(sample, count)
  return histogram
}

describe('log-linear histogram', () => {
  it('agrees with hdr-histogram-js on every percentile', () => {
    const property = fc.property(samples, (recorded) => {
      const reference = build({
        numberOfSignificantValueDigits: 2,
        highestTrackableValue: 2 ** 32,
        bitBucketSize: 'packed',
      })
      for (const [sample, count] of recorded) reference.recordValueWithCount(sample, count)
      const histogram = filled(recorded)
      assert.equal(histogram.total, reference.totalCount)
      for (const percent of percents)
        assert.equal(histogram.percentile(percent), reference.getValueAtPercentile(percent))
    })
    fc.assert(property, { numRuns: 100, includeErrorInReport: true })
  })

  it('counts up to each bound, to within one per cent of it', () => {
    const bounds = [0, 100, 250, 1000, 25_000, 1_000_000, 30_000_000]
    const property = fc.property(samples, (recorded) => {
      const sums = filled(recorded).cumulative(bounds)
      for (const [i, bound] of bounds.entries()) {
        const upTo = (limit: number) => recorded.reduce((sum, [v, count]) => (v <= limit ? sum + count : sum), 0)
        assert.ok(sums[i]! >= upTo(bound) && sums[i]! <= upTo(bound * 1.01), `bound ${bound}`)
      }
    })
    fc.assert(property, { numRuns: 100, includeErrorInReport: true })
  })

  it('keeps everything when it is drained, and gives the window back', () => {
    const property = fc.property(samples, samples, (first, second) => {
      const histogram = filled(first)
      const sum = new LogLinearHistogram()
      const window = new LogLinearHistogram()
      window.addSparse(histogram.drainInto(sum))
      for (const percent of percents) assert.equal(window.percentile(percent), filled(first).percentile(percent))
      assert.deepEqual([histogram.total, histogram.percentile(99)], [0, 0])
      for (const [sample, count] of second) histogram.record(sample, count)
      histogram.drainInto(sum)
      for (const percent of percents)
        assert.equal(sum.percentile(percent), filled([...first, ...second]).percentile(percent))
    })
    fc.assert(property, { numRuns: 100, includeErrorInReport: true })
  })

  it('clamps what it cannot hold instead of failing on the request path', () => {
    const histogram = filled([
      [-5, 1],
      [Number.NaN, 1],
      [0.9, 1],
    ])
    assert.equal(histogram.max(), 0)
    histogram.record(1e18, 1)
    assert.equal(histogram.max(), maxHistogramValue)
    assert.equal(new LogLinearHistogram().percentile(50), 0)
  })
})
