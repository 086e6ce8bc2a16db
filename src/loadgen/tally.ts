import { Latency, type LatencySummary } from './latency.ts'
import type { AnswerClass } from './wire.ts'

/** Monotonic milliseconds; requests intended within it are measured. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** One second of the run, for the progress line. */
export interface Interval {
  readonly successes: number
  readonly shed: number
  readonly errors: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface TallyResult {
  readonly offered: number
  readonly successes: number
  readonly misses: number
  readonly shed: number
  readonly errors: number
  /** Intended, but the generator had no room to wait: it gave up before the target did. */
  readonly dropped: number
  readonly unanswered: number
  /** Answers of any kind that arrived within the window. */
  readonly answeredInWindow: number
  readonly successesInWindow: number
  readonly shedReasons: Readonly<Record<string, number>>
  readonly errorCodes: Readonly<Record<string, number>>
  readonly success: LatencySummary
  readonly reject: LatencySummary
  /** How late the generator itself got round to requests. */
  readonly lag: LatencySummary
}

/** Counts and times everything a run sees. Durations run from the intended send time to the answer. */
export class Tally {
  private readonly window: Window
  private readonly success = Latency.create()
  private readonly reject = Latency.create()
  private readonly lag = Latency.create()
  private readonly recent = Latency.create()
  private readonly shedReasons = new Map<string, number>()
  private readonly errorCodes = new Map<string, number>()
  private interval = { successes: 0, shed: 0, errors: 0 }
  private offered = 0
  private successes = 0
  private misses = 0
  private shed = 0
  private errors = 0
  private dropped = 0
  private answeredInWindow = 0
  private successesInWindow = 0

  constructor(window: Window) {
    this.window = window
  }

  /** A request became due at `intendedAt` and the generator came round to it at `now`. */
  onDue(intendedAt: number, now: number): void {
    if (!this.measures(intendedAt)) return
    this.offered++
    this.lag.recordMs(now - intendedAt)
  }

  onDropped(intendedAt: number): void {
    if (this.measures(intendedAt)) this.dropped++
  }

  onAnswer(intendedAt: number, at: number, answer: AnswerClass, detail: string): void {
    const success = answer === 'ok' || answer === 'miss'
    this.countInterval(success, answer === 'shed', at - intendedAt)
    if (this.measures(at)) {
      this.answeredInWindow++
      if (success) this.successesInWindow++
    }
    if (!this.measures(intendedAt)) return
    if (success) {
      this.successes++
      if (answer === 'miss') this.misses++
      this.success.recordMs(at - intendedAt)
    } else if (answer === 'shed') {
      this.shed++
      this.reject.recordMs(at - intendedAt)
      increment(this.shedReasons, detail)
    } else {
      this.errors++
      increment(this.errorCodes, detail)
    }
  }

  /** What happened since the last call. */
  takeInterval(): Interval {
    const taken = { ...this.interval, p50Us: this.recent.percentileUs(50), p99Us: this.recent.percentileUs(99) }
    this.interval = { successes: 0, shed: 0, errors: 0 }
    this.recent.reset()
    return taken
  }

  /** The result, once nothing more will come. Gives the histograms' memory back. */
  finish(): TallyResult {
    const { offered, successes, misses, shed, errors, dropped, answeredInWindow, successesInWindow } = this
    const result = {
      ...{ offered, successes, misses, shed, errors, dropped, answeredInWindow, successesInWindow },
      unanswered: offered - successes - shed - errors - dropped,
      shedReasons: Object.fromEntries(this.shedReasons),
      errorCodes: Object.fromEntries(this.errorCodes),
      success: this.success.summary(),
      reject: this.reject.summary(),
      lag: this.lag.summary(),
    }
    for (const latency of [this.success, this.reject, this.lag, this.recent]) latency.end()
    return result
  }

  private measures(at: number): boolean {
    return at >= this.window.from && at < this.window.to
  }

  private countInterval(success: boolean, shed: boolean, durationMs: number): void {
    if (success) {
      this.interval.successes++
      this.recent.recordMs(durationMs)
    } else if (shed) this.interval.shed++
    else this.interval.errors++
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
