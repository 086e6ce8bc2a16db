import type { Clock } from './clock.ts'

/** Steps of the wall clock up to this are followed at once, and what is less than a step anyway. */
const followedMs = 1_000
/** A longer one is followed when it has lasted this long. */
const settleMs = 10_000

/**
 * A wall clock for expiry times: it goes on evenly through an excursion of the system's, which would otherwise end
 * records early, or give those written meanwhile a life as long as the excursion was far. A step of more than a second
 * is believed when it has lasted ten seconds, in both directions: then this clock may go back too. Before that it never
 * does. `docs/decisions/0023-wall-clock-steps.md` says why.
 */
export class SteadyClock implements Clock {
  readonly #system: Clock
  /** Wall clock minus monotonic clock, as believed. */
  #offset: number
  /** Another offset than that, and since when it has been seen. */
  #step: { offset: number; readonly since: number } | undefined
  #last: number

  /** Both may be handed on without the clock, as those of the system may. */
  readonly now: Clock['now']
  readonly wallMs: Clock['wallMs']

  constructor(system: Clock) {
    this.#system = system
    this.#last = system.wallMs()
    this.#offset = this.#last - system.now()
    this.now = system.now
    this.wallMs = () => this.#read()
  }

  #read(): number {
    const now = this.#system.now()
    const wall = this.#system.wallMs()
    const offset = wall - now
    if (isNear(offset, this.#offset)) return this.#follow(offset, wall)
    if (this.#step === undefined || !isNear(offset, this.#step.offset)) this.#step = { offset, since: now }
    if (now - this.#step.since >= settleMs) return this.#follow(offset, wall)
    this.#step.offset = offset
    return this.#forward(Math.round(now + this.#offset))
  }

  #follow(offset: number, wall: number): number {
    this.#offset = offset
    this.#step = undefined
    return this.#forward(wall)
  }

  /** Stands still rather than go back by less than a step. */
  #forward(wall: number): number {
    if (wall >= this.#last || wall < this.#last - followedMs) this.#last = wall
    return this.#last
  }
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= followedMs
}
