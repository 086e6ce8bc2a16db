import type { Runtime } from '../../../runtime/runtime.ts'

/** Long work cut into slices. */
export interface SlicedTask {
  /** Works until about `untilMs` (monotonic); true when it is done. A promise means it waits for a disk. */
  slice(untilMs: number): boolean | Promise<boolean>
  /** The slice threw or rejected. */
  fail(error: Error): void
}

/** One turn of the event loop spends at most about this long on all sliced work together, then serves traffic. */
export const sliceMs = 2

/**
 * Runs long reads beside short ones: each turn of the event loop gives the next task in the round one slice, so that a
 * scan of a million records delays nobody by more than a slice. Bounded by the limiter in front of scans.
 */
export class SliceScheduler {
  readonly #runtime: Runtime
  readonly #tasks: SlicedTask[] = []
  #scheduled = false
  #waiting = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  get running(): number {
    return this.#tasks.length + this.#waiting
  }

  /** Runs the first slice at once, the rest in later turns. */
  add(task: SlicedTask): void {
    this.#step(task)
  }

  #schedule(): void {
    if (this.#scheduled || this.#tasks.length === 0) return
    this.#scheduled = true
    this.#runtime.timers.soon(() => {
      this.#scheduled = false
      const task = this.#tasks.shift()
      if (task !== undefined) this.#step(task)
      this.#schedule()
    })
  }

  #step(task: SlicedTask): void {
    try {
      const done = task.slice(this.#runtime.clock.now() + sliceMs)
      if (typeof done === 'boolean') return this.#after(task, done)
      this.#waiting += 1
      done.then(
        (ended) => {
          this.#waiting -= 1
          this.#after(task, ended)
        },
        (error: unknown) => {
          this.#waiting -= 1
          task.fail(error as Error)
        },
      )
    } catch (error) {
      task.fail(error as Error)
    }
  }

  #after(task: SlicedTask, done: boolean): void {
    if (done) return
    this.#tasks.push(task)
    this.#schedule()
  }
}
