import { cumulativeCounts, type LatencyCounts, LatencyHistogram, noCounts } from './latency-histogram.ts'

/** The parts a request's time is split into: all of it, waiting for a turn, and inside the store. */
export const latencyParts = ['total', 'queue', 'store'] as const
export type LatencyPart = (typeof latencyParts)[number]

type SeriesLatency = Readonly<Record<LatencyPart, LatencyHistogram>>

export interface LatencySummary {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface CumulativeLatency {
  /** Answers of at most each bound. */
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

const recentWindows = 6

/**
 * Latencies of answered requests, by series (`seriesOf`), in microseconds at two significant digits. Rejects do not
 * belong here: fast 503s would pass for fast answers. Recording allocates nothing but once for each series. Needs
 * `initWebAssembly`, which `Telemetry.create` awaits.
 */
export class LatencyBoard {
  private readonly series: (SeriesLatency | undefined)[]
  private closed = false

  constructor(seriesCount: number) {
    this.series = Array.from({ length: seriesCount }, () => undefined)
  }

  /**
   * `count` answers that took the same time: `totalMs` from arrival to answer, `queueMs` of it waiting for a turn. One
   * call covers a batch.
   */
  record(series: number, totalMs: number, queueMs: number, count: number): void {
    if (this.closed) return
    const { total, queue, store } = this.series[series] ?? this.begin(series)
    total.record(totalMs, count)
    queue.record(queueMs, count)
    store.record(totalMs - queueMs, count)
  }

  /** Closes the window; called every 10 s. The recent past is the last six windows and the one that is open. */
  rotate(): void {
    for (const latency of this.histograms()) latency.rotate(recentWindows)
  }

  /** Of one part over some series together, in the recent past. */
  recent(part: LatencyPart, series: readonly number[]): LatencySummary {
    const sum = noCounts()
    for (const one of series) this.series[one]?.[part].addRecent(sum)
    return summaryOf(sum)
  }

  /** The same since the start. */
  sinceStart(part: LatencyPart, series: readonly number[]): LatencySummary {
    const sum = noCounts()
    for (const one of series) this.series[one]?.[part].addSinceStart(sum)
    return summaryOf(sum)
  }

  /** Since the start, as Prometheus wants it; undefined for a series without any. `boundsMs` ascend. */
  cumulative(part: LatencyPart, series: number, boundsMs: readonly number[]): CumulativeLatency | undefined {
    const latency = this.series[series]?.[part]
    if (latency === undefined) return undefined
    const sum = noCounts()
    latency.addSinceStart(sum)
    return { counts: cumulativeCounts(sum, boundsMs), count: sum.totalCount, sumMs: latency.sumMs }
  }

  /** Gives the memory back and forgets everything. What is recorded afterwards is lost. */
  close(): void {
    for (const latency of this.histograms()) latency.end()
    this.series.fill(undefined)
    this.closed = true
  }

  private *histograms(): Generator<LatencyHistogram> {
    for (const series of this.series) if (series !== undefined) for (const part of latencyParts) yield series[part]
  }

  private begin(series: number): SeriesLatency {
    if (!(series >= 0 && series < this.series.length)) throw new RangeError(`no latency series ${series}`)
    const begun = { total: new LatencyHistogram(), queue: new LatencyHistogram(), store: new LatencyHistogram() }
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
