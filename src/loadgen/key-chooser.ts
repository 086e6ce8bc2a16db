import type { Random } from '../runtime/random.ts'
import { unitReal } from './arrivals.ts'

/** Draws a key number in `0 .. keys - 1`. */
export type KeyChooser = () => number

export function uniformKeys(keys: number, random: Random): KeyChooser {
  return () => random.integer(keys)
}

/**
 * Zipf's law: key number k is drawn in proportion to (k + 1)^-exponent, so 0 is the hottest. Rejection-inversion
 * (Hoermann and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM
 * TOMACS 6(3), 1996): no table, constant time for any number of keys. `exponent` > 0.
 */
export function zipfKeys(keys: number, exponent: number, random: Random): KeyChooser {
  const density = (x: number): number => x ** -exponent
  const area = exponent === 1 ? Math.log : (x: number): number => (x ** (1 - exponent) - 1) / (1 - exponent)
  const inverse = exponent === 1 ? Math.exp : (y: number): number => (1 + y * (1 - exponent)) ** (1 / (1 - exponent))
  const from = area(1.5) - 1
  const to = area(keys + 0.5)
  const sureBelow = 2 - inverse(area(2.5) - density(2))
  return () => {
    for (;;) {
      const y = to + unitReal(random) * (from - to)
      const x = inverse(y)
      const rank = Math.min(keys, Math.max(1, Math.round(x)))
      if (rank - x <= sureBelow || y >= area(rank + 0.5) - density(rank)) return rank - 1
    }
  }
}
