import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { initWebAssembly } from 'hdr-histogram-js'
import { cumulativeCounts, LatencyHistogram, noCounts } from '../../../src/telemetry/latency-histogram.ts'

type Recorded = readonly (readonly [us: number, count: number])[]

const highestUs = 2 ** 31 - 1
const us = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 100_000 }), fc.nat({ max: highestUs }))
const samples = fc.array(fc.tuple(us, fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 60 })

function recordAll(histogram: LatencyHistogram, recorded: Recorded): void {
  for (const [value, count] of recorded) histogram.record(value / 1000, count)
}

function recent(histogram: LatencyHistogram) {
  const counts = noCounts()
  histogram.addRecent(counts)
  return counts
}

function sinceStart(histogram: LatencyHistogram) {
  const counts = noCounts()
  histogram.addSinceStart(counts)
  return counts
}

function withHistogram(check: (histogram: LatencyHistogram) => void): void {
  const histogram = new LatencyHistogram()
  try {
    check(histogram)
  } finally {
    histogram.end()
  }
}

const countOf = (recorded: Recorded) => recorded.reduce((sum, [, count]) => sum + count, 0)

describe('latency histogram', () => {
  before(initWebAssembly)

  it('counts up to each bound, to within one per cent of it', () => {
    const boundsMs = [0.1, 0.25, 1, 25, 1000, 30_000]
    const property = fc.property(samples, (recorded) => {
      withHistogram((histogram) => {
        recordAll(histogram, recorded)
        const sums = cumulativeCounts(sinceStart(histogram), boundsMs)
        for (const [i, boundMs] of boundsMs.entries()) {
          const upTo = (limitUs: number) => countOf(recorded.filter(([value]) => value <= limitUs))
          const [least, most] = [upTo(boundMs * 1000 - 1), upTo(boundMs * 1010)]
          assert.ok(sums[i]! >= least && sums[i]! <= most, `${sums[i]} at ${boundMs} ms is not in ${least}..${most}`)
        }
      })
    })
    fc.assert(property, { numRuns: 100, includeErrorInReport: true })
  })

  it('keeps the windows asked for and forgets older ones, but not since the start', () => {
    const property = fc.property(
      fc.array(samples, { minLength: 1, maxLength: 6 }),
      fc.nat({ max: 3 }),
      (spans, keep) => {
        withHistogram((histogram) => {
          for (const [i, span] of spans.entries()) {
            if (i > 0) histogram.rotate(keep)
            recordAll(histogram, span)
          }
          assert.equal(recent(histogram).totalCount, countOf(spans.slice(-1 - keep).flat()))
          withHistogram((whole) => {
            recordAll(whole, spans.flat())
            const [sum, expected] = [sinceStart(histogram), recent(whole)]
            for (const percent of [0.1, 50, 99, 100])
              assert.equal(sum.getValueAtPercentile(percent), expected.getValueAtPercentile(percent))
            assert.deepEqual([sum.totalCount, sum.maxValue], [expected.totalCount, expected.maxValue])
          })
        })
      },
    )
    fc.assert(property, { numRuns: 50, includeErrorInReport: true })
  })

  it('lets windows without any answers pass too', () => {
    withHistogram((histogram) => {
      histogram.record(500, 1)
      for (let i = 0; i < 2; i++) histogram.rotate(2)
      assert.equal(recent(histogram).totalCount, 1)
      histogram.rotate(2)
      assert.deepEqual([recent(histogram).totalCount, recent(histogram).maxValue], [0, 0])
      assert.equal(sinceStart(histogram).totalCount, 1)
    })
  })

  it('clamps what it cannot hold instead of failing on the request path', () => {
    withHistogram((histogram) => {
      for (const ms of [-5, Number.NaN, 0, 0.0009]) histogram.record(ms, 1)
      assert.deepEqual([recent(histogram).totalCount, recent(histogram).maxValue], [4, 0])
      histogram.record(1e18, 1)
      assert.equal(recent(histogram).maxValue, highestUs)
    })
  })

  it('counts further than 32 bits since the start', () => {
    withHistogram((histogram) => {
      for (let i = 0; i < 5; i++) {
        histogram.record(1, 2 ** 30)
        histogram.rotate(1)
      }
      assert.equal(sinceStart(histogram).totalCount, 5 * 2 ** 30)
      assert.deepEqual(cumulativeCounts(sinceStart(histogram), [0.5, 1]), [0, 5 * 2 ** 30])
    })
  })
})
