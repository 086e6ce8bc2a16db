import type { Runtime } from '../runtime/runtime.ts'
import type { Timer } from '../runtime/timers.ts'

/** Looks for what is overdue; answers whether anything is left to watch over. */
export type Sweep = (now: number) => boolean

/** Resolution of all deadlines and ages of the data plane. */
const periodMs = 10

/** One coarse tick for everything that waits, armed only while something does. */
export class Ticker {
  /** When it last ticked: never later than the time now. */
  now = Number.NEGATIVE_INFINITY
  readonly #runtime: Runtime
  readonly #sweeps: Sweep[] = []
  readonly #waitingForIdle: (() => void)[] = []
  #timer: Timer | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  watch(sweep: Sweep): void {
    this.#sweeps.push(sweep)
  }

  /** Something waits: tick until no sweep has anything left. */
  arm(): void {
    this.#timer ??= this.#runtime.timers.every(periodMs, () => this.#tick())
  }

  /** Resolves once nothing is left to watch over, or after `withinMs`. */
  idle(withinMs: number): Promise<void> {
    if (this.#timer === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const bound = this.#runtime.timers.after(withinMs, resolve)
      this.#waitingForIdle.push(() => {
        bound.cancel()
        resolve()
      })
    })
  }

  #tick(): void {
    this.now = this.#runtime.clock.now()
    let busy = false
    // Every sweep has to run, so no `some`. A sweep may add others.
    for (let i = 0; i < this.#sweeps.length; i++) if (this.#sweeps[i]!(this.now)) busy = true
    if (busy) return
    this.#timer?.cancel()
    this.#timer = undefined
    for (const resolve of this.#waitingForIdle.splice(0)) resolve()
  }
}
