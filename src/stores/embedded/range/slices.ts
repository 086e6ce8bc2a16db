import type { Runtime } from '../../../runtime/runtime.ts'
import { Permits } from './permits.ts'

/** Long work cut into slices. */
export interface SlicedTask {
  /** Works until about `untilMs` (monotonic); true when it is done. A promise means it waits for a disk. */
  slice(untilMs: number): boolean | Promise<boolean>
  /** Before the task waits for a later turn: what it was lent for this one is to be copied. */
  park(): void
  /** The slice threw or rejected: stops the shard and answers, or throws the error again if that was done. */
  fail(error: Error): void
}

/** One turn of the event loop spends at most about this long on all sliced work together, then serves traffic. */
export const sliceMs = 1
/** Tasks that have had more than this are long: they make room for traffic. A page needs less. */
const longAfterMs = 5
/** With traffic that fills its turns, long tasks have at least this much of each, and this share of long turns. */
const leastSliceMs = 0.3
const leastShare = 1 / 30
const bulkyTasks = 2

interface Begun {
  readonly task: SlicedTask
  usedMs: number
}

/**
 * Runs long reads beside short ones: each turn of the event loop has one slice, which goes to the next task in the round
 * and, if that is done with less, to those behind it, so that a scan of a million records delays nobody by more than a
 * slice. Of tasks that take long the slice is what the turn's traffic leaves of a millisecond: when many wait, as after a
 * pause, they are soon served (`docs/decisions/0027-slices-beside-traffic.md`). Bounded by the limiter in front of scans.
 */
export class SliceScheduler {
  /** For tasks that hold records by the MiB: of thousands begun at once most must wait with nothing in their hands. */
  readonly bulky = new Permits(bulkyTasks)
  readonly #runtime: Runtime
  readonly #tasks: Begun[] = []
  #scheduled = false
  #waiting = 0
  /** Time that work has taken in this turn, and that long tasks may take. */
  #spentMs = 0
  #longMs = sliceMs
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
    if (this.#spentMs < sliceMs) this.#step({ task, usedMs: 0 })
    else this.addBegun(task)
  }

  /** Runs what is left of a task in later turns. */
  addBegun(task: SlicedTask): void {
    this.#queue({ task, usedMs: 0 })
  }

  /** Resolves when no task is left. */
  idle(): Promise<void> {
    return this.running === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #queue(begun: Begun): void {
    begun.task.park()
    this.#tasks.push(begun)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#dueAt = this.#runtime.clock.now()
    this.#runtime.timers.soon(() => {
      this.#scheduled = false
      this.#spentMs = 0
      this.#longMs = this.#leftOfTurn()
      // Who is not done is behind them all: nobody is served twice.
      let left = this.#tasks.length
      if (left > 0) this.#beforeSlice()
      while (left-- > 0 && this.#spentMs < this.#budgetOf(this.#tasks[0]!)) this.#step(this.#tasks.shift()!)
    })
  }

  #budgetOf({ usedMs }: Begun): number {
    return usedMs > longAfterMs ? this.#longMs : sliceMs
  }

  /** While work is due the event loop does not sleep: what passed since was traffic. */
  #leftOfTurn(): number {
    const traffic = this.#runtime.clock.now() - this.#dueAt
    return Math.min(sliceMs, Math.max(sliceMs - traffic, leastSliceMs, traffic * leastShare))
  }

  #step(begun: Begun): void {
    const begunAt = this.#runtime.clock.now()
    let done: boolean | Promise<boolean> = true
    try {
      done = begun.task.slice(begunAt + this.#budgetOf(begun) - this.#spentMs)
    } catch (error) {
      begun.task.fail(error as Error)
    }
    this.#dueAt = this.#runtime.clock.now()
    this.#spentMs += this.#dueAt - begunAt
    begun.usedMs += this.#dueAt - begunAt
    if (typeof done !== 'boolean') this.#wait(begun, done)
    else if (!done) this.#queue(begun)
    this.#schedule()
    this.#noteIdle()
  }

  #wait(begun: Begun, done: Promise<boolean>): void {
    this.#waiting += 1
    const go = (on: () => void): void => {
      this.#waiting -= 1
      on()
      this.#noteIdle()
    }
    done.then(
      (ended) => go(() => void (ended || this.#queue(begun))),
      (error: unknown) => go(() => begun.task.fail(error as Error)),
    )
  }

  #noteIdle(): void {
    if (this.running > 0) return
    const waiting = this.#whenIdle
    this.#whenIdle = []
    for (const resolve of waiting) resolve()
  }
}
