import type { Arguments } from './arguments.ts'

export const maxInt64 = 9223372036854775807n
export const minInt64 = -9223372036854775808n

const minus = 0x2d
const zero = 0x30
/** Digits that surely fit a double exactly. */
const safeDigits = 15

/**
 * A signed 64-bit integer in the only spelling Redis takes (`string2ll` in util.c): no plus sign, no leading zeros, no
 * blanks. A number where that is exact, else a bigint; undefined if the argument is no such integer.
 */
export function integerAt(args: Arguments, index: number): number | bigint | undefined {
  const start = args.start(index)
  const end = args.end(index)
  const bytes = args.bytes
  const negative = start < end && bytes[start] === minus
  const from = negative ? start + 1 : start
  const digits = end - from
  if (digits === 0 || digits > 19) return undefined
  if (bytes[from] === zero) return digits === 1 && !negative ? 0 : undefined
  let value = 0
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - zero
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  if (digits <= safeDigits) return negative ? -value : value
  const exact = BigInt(args.text(index))
  return exact >= minInt64 && exact <= maxInt64 ? exact : undefined
}

/** The same as a bigint. */
export function bigintAt(args: Arguments, index: number): bigint | undefined {
  const value = integerAt(args, index)
  return value === undefined ? undefined : BigInt(value)
}
