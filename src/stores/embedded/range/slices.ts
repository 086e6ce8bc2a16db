import type { Runtime } from '../../../runtime/runtime.ts'
import { Permits } from './permits.ts'

/** Long work cut into slices. */
export interface SlicedTask {
  /** Works until about `untilMs` (monotonic); true when it is done. A promise means it waits for a disk. */
  slice(untilMs: number): boolean | Promise<boolean>
  /** Before the task waits for a later turn: what it was lent for this one is to be copied. */
  park(): void
  /** The slice threw or rejected. */
  fail(error: Error): void
}

/** One turn of the event loop spends at most about this long on all sliced work together, then serves traffic. */
export const sliceMs = 1
/** With traffic that fills its turns, sliced work has at least this much of each, and this share of long ones. */
const leastSliceMs = 0.3
const leastShare = 1 / 30
const bulkyTasks = 2

/**
 * Runs long reads beside short ones: each turn of the event loop has one slice, which goes to the next task in the round
 * and, if that is done with less, to those behind it, so that a scan of a million records delays nobody by more than a
 * slice. The slice is what the turn's traffic leaves of a millisecond: when many wait, as after a pause, they are soon
 * served (`docs/decisions/0027-slices-beside-traffic.md`). Bounded by the limiter in front of scans.
 */
export class SliceScheduler {
  /** For tasks that hold records by the MiB: of thousands begun at once most must wait with nothing in their hands. */
  readonly bulky = new Permits(bulkyTasks)
  readonly #runtime: Runtime
  readonly #tasks: SlicedTask[] = []
  #scheduled = false
  #waiting = 0
  /** Time that work has taken in this turn, and may take. */
  #spentMs = 0
  #turnMs = sliceMs
  /** Since when work has been due, and none done. */
  #dueAt = 0
  #whenIdle: (() => void)[] = []
  readonly #beforeSlice: () => void

  /** `beforeSlice` sends what has been answered on its way: it would wait for the slice, and its client with it. */
  constructor(runtime: Runtime, beforeSlice: () => void = () => undefined) {
    this.#runtime = runtime
    this.#beforeSlice = beforeSlice
  }

  get running(): number {
    return this.#tasks.length + this.#waiting
  }

  /** Runs the first slice at once while this turn has time left, the rest in later turns. */
  add(task: SlicedTask): void {
    if (this.#spentMs < this.#turnMs) this.#step(task)
    else this.addBegun(task)
  }

  /** Runs what is left of a task in later turns. */
  addBegun(task: SlicedTask): void {
    task.park()
    this.#tasks.push(task)
    this.#schedule()
  }

  /** Resolves when no task is left. */
  idle(): Promise<void> {
    return this.running === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#dueAt = this.#runtime.clock.now()
    this.#runtime.timers.soon(() => {
      this.#scheduled = false
      this.#spentMs = 0
      this.#turnMs = this.#leftOfTurn()
      // Who is not done is behind them all: nobody is served twice.
      let left = this.#tasks.length
      if (left > 0) this.#beforeSlice()
      while (left-- > 0 && this.#spentMs < this.#turnMs) this.#step(this.#tasks.shift()!)
    })
  }

  /** While work is due the event loop does not sleep: what passed since was traffic. */
  #leftOfTurn(): number {
    if (this.#tasks.length === 0) return sliceMs
    const traffic = this.#runtime.clock.now() - this.#dueAt
    return Math.min(sliceMs, Math.max(sliceMs - traffic, leastSliceMs, traffic * leastShare))
  }

  #step(task: SlicedTask): void {
    const begunAt = this.#runtime.clock.now()
    try {
      const done = task.slice(begunAt + this.#turnMs - this.#spentMs)
      if (typeof done === 'boolean') this.#after(task, done)
      else this.#wait(task, done)
    } catch (error) {
      task.fail(error as Error)
    }
    this.#dueAt = this.#runtime.clock.now()
    this.#spentMs += this.#dueAt - begunAt
    this.#schedule()
    this.#noteIdle()
  }

  #wait(task: SlicedTask, done: Promise<boolean>): void {
    this.#waiting += 1
    const go = (on: () => void): void => {
      this.#waiting -= 1
      on()
      this.#noteIdle()
    }
    done.then(
      (ended) => go(() => this.#after(task, ended)),
      (error: unknown) => go(() => task.fail(error as Error)),
    )
  }

  #after(task: SlicedTask, done: boolean): void {
    if (!done) this.addBegun(task)
  }

  #noteIdle(): void {
    if (this.running > 0) return
    const waiting = this.#whenIdle
    this.#whenIdle = []
    for (const resolve of waiting) resolve()
  }
}
