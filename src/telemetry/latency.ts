import { cumulativeCounts, type LatencyCounts, LatencyHistogram, noCounts } from './latency-histogram.ts'

export interface LatencySummary {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface CumulativeLatency {
  /** Durations of at most each bound. */
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

const recentWindows = 6

/**
 * Durations of one meaning by numbered series, in microseconds at two significant digits. Recording allocates nothing
 * but once for each series. Needs `initWebAssembly`, which `Telemetry.create` awaits.
 */
export class LatencyBoard {
  private readonly series: (LatencyHistogram | undefined)[]
  private closed = false

  constructor(seriesCount: number) {
    this.series = Array.from({ length: seriesCount }, () => undefined)
  }

  /** `count` equal durations. */
  record(series: number, durationMs: number, count: number): void {
    if (this.closed) return
    const histogram = this.series[series] ?? this.begin(series)
    histogram.record(durationMs, count)
  }

  /** Closes the window; called every 10 s. The recent past is the last six windows and the one that is open. */
  rotate(): void {
    for (const histogram of this.series) histogram?.rotate(recentWindows)
  }

  /** Of some series together, in the recent past. */
  recent(series: readonly number[]): LatencySummary {
    const sum = noCounts()
    for (const one of series) this.series[one]?.addRecent(sum)
    return summaryOf(sum)
  }

  /** The same since the start. */
  sinceStart(series: readonly number[]): LatencySummary {
    const sum = noCounts()
    for (const one of series) this.series[one]?.addSinceStart(sum)
    return summaryOf(sum)
  }

  /** Since the start, as Prometheus wants it; undefined for a series without any. `boundsMs` ascend. */
  cumulative(series: number, boundsMs: readonly number[]): CumulativeLatency | undefined {
    const histogram = this.series[series]
    if (histogram === undefined) return undefined
    const sum = noCounts()
    histogram.addSinceStart(sum)
    return { counts: cumulativeCounts(sum, boundsMs), count: sum.totalCount, sumMs: histogram.sumMs }
  }

  /** Gives the memory back and forgets everything. What is recorded afterwards is lost. */
  close(): void {
    for (const histogram of this.series) histogram?.end()
    this.series.fill(undefined)
    this.closed = true
  }

  private begin(series: number): LatencyHistogram {
    if (!(series >= 0 && series < this.series.length)) throw new RangeError(`no latency series ${series}`)
    const begun = new LatencyHistogram()
    this.series[series] = begun
    return begun
  }
}

function summaryOf(counts: LatencyCounts): LatencySummary {
  return {
    count: counts.totalCount,
    p50Ms: counts.getValueAtPercentile(50) / 1000,
    p99Ms: counts.getValueAtPercentile(99) / 1000,
    maxMs: counts.maxValue / 1000,
  }
}
