import type { Runtime } from '../runtime/runtime.ts'
import type { Arrivals } from './arrivals.ts'
import type { ConnectionPool, PoolOwner } from './connection-pool.ts'
import type { Tally } from './tally.ts'
import { TimeQueue } from './time-queue.ts'
import type { AnswerClass } from './wire.ts'

/** A timer may fire this much late; the rest of a wait is spent polling, so that requests leave on time. */
const timerSlackMs = 1.5

export interface OpenLoopSettings {
  /** Monotonic; arrivals are counted from here. */
  readonly startAt: number
  readonly endAt: number
  readonly backlogLimit: number
}

/**
 * Requests become due when the arrival process says so, whatever became of earlier ones. Due requests that find no
 * free connection wait here, and their latency runs on: no coordinated omission (Tene, "How NOT to Measure Latency").
 */
export class OpenLoop implements PoolOwner {
  private readonly settings: OpenLoopSettings
  private readonly pool: ConnectionPool
  private readonly arrivals: Arrivals
  private readonly request: () => string
  private readonly tally: Tally
  private readonly runtime: Runtime
  private readonly backlog: TimeQueue
  private nextAt: number
  private onIdle: (() => void) | undefined

  constructor(
    settings: OpenLoopSettings,
    parts: { pool: ConnectionPool; arrivals: Arrivals; request: () => string; tally: Tally; runtime: Runtime },
  ) {
    this.settings = settings
    this.pool = parts.pool
    this.arrivals = parts.arrivals
    this.request = parts.request
    this.tally = parts.tally
    this.runtime = parts.runtime
    this.backlog = new TimeQueue(settings.backlogLimit)
    this.nextAt = settings.startAt + this.arrivals.next()
  }

  /** Resolves when every request that became due is answered; that may be never, so race it with a limit. */
  run(): Promise<void> {
    this.pool.attach(this)
    return new Promise((resolve) => {
      this.onIdle = resolve
      this.pump()
    })
  }

  onAnswer(intendedAt: number, at: number, answer: AnswerClass, detail: string): void {
    this.tally.onAnswer(intendedAt, at, answer, detail)
  }

  onCapacity(): void {
    this.sendBacklog()
    this.endIfIdle()
  }

  private pump(): void {
    const now = this.runtime.clock.now()
    const { endAt } = this.settings
    while (this.nextAt <= now && this.nextAt < endAt) {
      this.tally.onDue(this.nextAt, now)
      if (!this.backlog.push(this.nextAt)) this.tally.onDropped(this.nextAt)
      this.nextAt = this.settings.startAt + this.arrivals.next()
    }
    this.sendBacklog()
    this.pool.flush()
    if (this.nextAt >= endAt) {
      this.endIfIdle()
      return
    }
    const waitMs = this.nextAt - now - timerSlackMs
    if (waitMs >= 1) this.runtime.timers.after(Math.floor(waitMs), () => this.pump())
    else this.runtime.timers.soon(() => this.pump())
  }

  private sendBacklog(): void {
    while (this.backlog.length > 0 && this.pool.submit(this.request, this.backlog.head)) this.backlog.shift()
  }

  private endIfIdle(): void {
    if (this.nextAt < this.settings.endAt || this.backlog.length > 0 || this.pool.inFlight > 0) return
    this.onIdle?.()
  }
}
