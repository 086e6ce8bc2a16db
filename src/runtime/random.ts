import { randomBytes, randomInt } from 'node:crypto'

/** Randomness enters Headgate here and nowhere else, so that a run can be repeated from its seed. */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Buffer
  /** A whole number in `0 .. below - 1`; `below` is at most 2^48 - 1. */
  integer(below: number): number
}

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  integer: (below) => randomInt(below),
}

/**
 * A repeatable source for tests and simulation: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", 2021), its state filled by splitmix32 from the seed. Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let mix = seed | 0
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0
    let z = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()]
  const next = (): number => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
  return {
    bytes(count) {
      const out = Buffer.allocUnsafe(count)
      for (let i = 0; i < count; i++) out[i] = next() & 0xff
      return out
    },
    integer(below) {
      // As strict as the system's source, or what fails in use would pass in tests.
      if (!Number.isSafeInteger(below) || below < 1) throw new RangeError(`no whole number is below ${below}`)
      return Math.floor(((next() * 0x10000 + (next() & 0xffff)) / 0x1000000000000) * below)
    },
  }
}
