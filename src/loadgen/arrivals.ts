import type { Random } from '../runtime/random.ts'

/** A stream of intended send times in milliseconds since the start of the load, never decreasing. */
export interface Arrivals {
  next(): number
}

/** Evenly spaced. Computed from the count, so that rounding does not add up. */
export function constantArrivals(ratePerSecond: number): Arrivals {
  let count = 0
  return { next: () => (count++ * 1000) / ratePerSecond }
}

/** Independent users: exponentially distributed gaps (a Poisson process). */
export function poissonArrivals(ratePerSecond: number, random: Random): Arrivals {
  const meanGapMs = 1000 / ratePerSecond
  let atMs = 0
  return {
    next() {
      atMs -= Math.log(unitReal(random)) * meanGapMs
      return atMs
    },
  }
}

const resolution = 2 ** 40

/** A number in (0, 1]: never 0, so that its logarithm is finite. */
export function unitReal(random: Random): number {
  return (random.integer(resolution) + 1) / resolution
}
