import type { Clock } from '../../src/runtime/clock.ts'
import { seededRandom } from '../../src/runtime/random.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Timer, Timers } from '../../src/runtime/timers.ts'

interface Armed {
  at: number
  readonly order: number
  readonly periodMs: number | undefined
  readonly task: () => void
}

/** A runtime whose clock moves only when told to. `soon` is real: it runs after the I/O events that wait. */
export class VirtualRuntime implements Runtime {
  readonly random
  readonly clock: Clock = { now: () => this.time, wallMs: () => this.wallStart + Math.floor(this.time) }
  readonly timers: Timers = {
    after: (delayMs, task) => this.arm(delayMs, undefined, task),
    every: (periodMs, task) => this.arm(periodMs, periodMs, task),
    soon: (task) => {
      setImmediate(task)
    },
  }
  private time = 1000
  private readonly wallStart = Date.UTC(2030, 0, 1)
  private armed: Armed[] = []
  private orders = 0

  constructor(seed = 1) {
    this.random = seededRandom(seed)
  }

  /** Moves the clock on, running what falls due, in order. */
  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const due = this.armed.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (due === undefined) break
      this.time = Math.max(this.time, due.at)
      this.fire(due)
    }
    this.time = end
  }

  /** The process stands still for `ms`: the clock jumps, and what fell due runs late, all at once. */
  pause(ms: number): void {
    this.time += ms
    this.advance(0)
  }

  /** Timers that are armed now. */
  get pending(): number {
    return this.armed.length
  }

  private fire(entry: Armed): void {
    if (entry.periodMs === undefined) this.armed = this.armed.filter((other) => other !== entry)
    else entry.at = this.time + entry.periodMs
    entry.task()
  }

  private arm(delayMs: number, periodMs: number | undefined, task: () => void): Timer {
    const entry: Armed = { at: this.time + delayMs, order: this.orders++, periodMs, task }
    this.armed.push(entry)
    return {
      cancel: () => {
        this.armed = this.armed.filter((other) => other !== entry)
      },
    }
  }
}
