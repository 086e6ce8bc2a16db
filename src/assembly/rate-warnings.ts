import type { Clock } from '../runtime/clock.ts'

const periodMs = 60_000

/** `refused`: connections refused for the rate of their address since the last warning; `address`: of the newest. */
export type RateWarning = (address: string, refused: number) => void

/** Passes on that connections are refused for the rate of their address: at once, then once a minute at most. */
export class RateWarnings {
  readonly #clock: Clock
  readonly #warn: RateWarning
  #refused = 0
  #quietUntil = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, warn: RateWarning) {
    this.#clock = clock
    this.#warn = warn
  }

  refused(address: string): void {
    this.#refused++
    const now = this.#clock.now()
    if (now < this.#quietUntil) return
    this.#quietUntil = now + periodMs
    this.#warn(address, this.#refused)
    this.#refused = 0
  }
}
