import { build, type Histogram, initWebAssembly } from 'hdr-histogram-js'

/** Microseconds. */
export interface LatencySummary {
  readonly count: number
  readonly meanUs: number
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
}

const highestUs = 3_600_000_000

/** An HdrHistogram of durations, 1 microsecond to 1 hour with three digits. Its memory must be given back: `end`. */
export class Latency {
  private readonly histogram: Histogram

  private constructor(histogram: Histogram) {
    this.histogram = histogram
  }

  static async prepare(): Promise<void> {
    await initWebAssembly()
  }

  /** After `prepare`. */
  static create(): Latency {
    const range = { lowestDiscernibleValue: 1, highestTrackableValue: highestUs } as const
    return new Latency(build({ ...range, numberOfSignificantValueDigits: 3, useWebAssembly: true }))
  }

  recordMs(durationMs: number): void {
    this.histogram.recordValue(Math.min(highestUs, Math.max(1, Math.round(durationMs * 1000))))
  }

  percentileUs(percentile: number): number {
    return this.histogram.totalCount === 0 ? 0 : this.histogram.getValueAtPercentile(percentile)
  }

  summary(): LatencySummary {
    const count = this.histogram.totalCount
    return {
      count,
      meanUs: count === 0 ? 0 : Math.round(this.histogram.mean * 10) / 10,
      p50Us: this.percentileUs(50),
      p90Us: this.percentileUs(90),
      p99Us: this.percentileUs(99),
      p999Us: this.percentileUs(99.9),
      maxUs: count === 0 ? 0 : this.histogram.maxValue,
    }
  }

  reset(): void {
    this.histogram.reset()
  }

  end(): void {
    this.histogram.destroy()
  }
}
