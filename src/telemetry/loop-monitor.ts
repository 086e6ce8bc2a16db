import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'

const resolutionMs = 20
const ringLength = 11

export interface LoopReading {
  /** Share of the last 10 s the event loop was busy, 0..1. Over an interval: since the start it would only get blunter. */
  readonly utilisation: number
  /** How late the loop came round over the last 10 to 20 s. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly delayMaxMs: number
}

interface Delays {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const none: Delays = { p50: 0, p99: 0, max: 0 }

/** Watches the event loop of this thread. `sample` is called every second, `rotate` every 10 s. */
export class LoopMonitor {
  private readonly histogram: IntervalHistogram
  private readonly utilisations: { readonly idle: number; readonly active: number }[] = []
  private previous = none

  constructor() {
    this.histogram = monitorEventLoopDelay({ resolution: resolutionMs })
    this.histogram.enable()
    this.sample()
  }

  sample(): void {
    const { idle, active } = performance.eventLoopUtilization()
    this.utilisations.push({ idle, active })
    if (this.utilisations.length > ringLength) this.utilisations.shift()
  }

  rotate(): void {
    this.previous = this.delays()
    this.histogram.reset()
  }

  read(): LoopReading {
    const [first, last] = [this.utilisations[0]!, this.utilisations.at(-1)!]
    const busy = last.active - first.active
    const passed = busy + last.idle - first.idle
    const now = this.delays()
    return {
      utilisation: passed > 0 ? busy / passed : 0,
      delayP50Ms: Math.max(now.p50, this.previous.p50),
      delayP99Ms: Math.max(now.p99, this.previous.p99),
      delayMaxMs: Math.max(now.max, this.previous.max),
    }
  }

  close(): void {
    this.histogram.disable()
  }

  private delays(): Delays {
    if (this.histogram.count === 0) return none
    // The histogram holds the time between two ticks, which is the resolution where nothing was late.
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs)
    const { histogram } = this
    return { p50: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), max: late(histogram.max) }
  }
}
