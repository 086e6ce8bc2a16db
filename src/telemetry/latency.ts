import { LogLinearHistogram, type SparseCounts } from './log-linear-histogram.ts'

/** The parts a request's time is split into: all of it, waiting for a turn, and inside the store. */
export const latencyParts = ['total', 'queue', 'store'] as const
export type LatencyPart = (typeof latencyParts)[number]

/** One part of one series: since the last rotation, the windows before it, and everything before them. */
class PartLatency {
  readonly current = new LogLinearHistogram()
  readonly windows: SparseCounts[] = []
  readonly earlier = new LogLinearHistogram()
  sumMs = 0

  rotate(keep: number): void {
    this.windows.push(this.current.drainInto(this.earlier))
    if (this.windows.length > keep) this.windows.shift()
  }
}

type SeriesLatency = Readonly<Record<LatencyPart, PartLatency>>

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
 * belong here: fast 503s would pass for fast answers. Recording allocates nothing but once for each series.
 */
export class LatencyBoard {
  private readonly series: (SeriesLatency | undefined)[]

  constructor(seriesCount: number) {
    this.series = Array.from({ length: seriesCount }, () => undefined)
  }

  /**
   * `count` answers that took the same time: `totalMs` from arrival to answer, `queueMs` of it waiting for a turn. One
   * call covers a batch.
   */
  record(series: number, totalMs: number, queueMs: number, count: number): void {
    const { total, queue, store } = this.series[series] ?? this.begin(series)
    const storeMs = totalMs - queueMs
    total.current.record(totalMs * 1000, count)
    queue.current.record(queueMs * 1000, count)
    store.current.record(storeMs * 1000, count)
    total.sumMs += totalMs * count
    queue.sumMs += queueMs * count
    store.sumMs += storeMs * count
  }

  /** Closes the window; called every 10 s. The recent past is the last six windows and the one that is open. */
  rotate(): void {
    for (const series of this.series) {
      if (series !== undefined) for (const part of latencyParts) series[part].rotate(recentWindows)
    }
  }

  /** Of one part over some series together, in the recent past. */
  recent(part: LatencyPart, series: readonly number[]): LatencySummary {
    const merged = new LogLinearHistogram()
    for (const latency of this.parts(part, series)) {
      merged.add(latency.current)
      for (const window of latency.windows) merged.addSparse(window)
    }
    return summaryOf(merged)
  }

  /** The same since the start. */
  sinceStart(part: LatencyPart, series: readonly number[]): LatencySummary {
    const merged = new LogLinearHistogram()
    for (const latency of this.parts(part, series)) {
      merged.add(latency.current)
      merged.add(latency.earlier)
    }
    return summaryOf(merged)
  }

  /** Since the start, as Prometheus wants it; undefined for a series without any. `boundsMs` ascend. */
  cumulative(part: LatencyPart, series: number, boundsMs: readonly number[]): CumulativeLatency | undefined {
    const latency = this.series[series]?.[part]
    if (latency === undefined) return undefined
    const boundsUs = boundsMs.map((bound) => bound * 1000)
    const earlier = latency.earlier.cumulative(boundsUs)
    return {
      counts: latency.current.cumulative(boundsUs).map((count, i) => count + earlier[i]!),
      count: latency.current.total + latency.earlier.total,
      sumMs: latency.sumMs,
    }
  }

  private *parts(part: LatencyPart, series: readonly number[]): Generator<PartLatency> {
    for (const one of series) {
      const latency = this.series[one]?.[part]
      if (latency !== undefined) yield latency
    }
  }

  private begin(series: number): SeriesLatency {
    if (!(series >= 0 && series < this.series.length)) throw new RangeError(`no latency series ${series}`)
    const begun = { total: new PartLatency(), queue: new PartLatency(), store: new PartLatency() }
    this.series[series] = begun
    return begun
  }
}

function summaryOf(histogram: LogLinearHistogram): LatencySummary {
  return {
    count: histogram.total,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    maxMs: histogram.max() / 1000,
  }
}
