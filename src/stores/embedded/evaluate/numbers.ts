const maxInt64 = 2n ** 63n - 1n
const minInt64 = -(2n ** 63n)
const integerPattern = /^(?:0|-?[1-9][0-9]{0,18})$/

/** A 64-bit signed integer in the one spelling Redis accepts (string2ll): no sign but `-`, no leading zero or space. */
export function parseInteger(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 0 || bytes.length > 20) return undefined
  const text = String.fromCharCode(...bytes)
  if (!integerPattern.test(text)) return undefined
  const value = BigInt(text)
  return value > maxInt64 || value < minInt64 ? undefined : value
}

/**
 * A number as the 80-bit float holds it that Redis computes INCRBYFLOAT with (x87 extended precision, IEEE 754-1985
 * double-extended): `mantissa * 2^exponent`, the mantissa at most 64 bits.
 */
interface LongDouble {
  readonly mantissa: bigint
  readonly exponent: number
}

const mantissaBits = 64
const maxExponent = 16384
const decimalPattern = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,5}))?$/
const infinityPattern = /^[+-]?inf(?:inity)?$/i
const maxTextLength = 255
/** Beyond these decimal exponents a number of at most 255 digits is infinite or zero whatever its digits. */
const maxDecimalExponent = 5200
const decimalPlaces = 17n

export type FloatSum = { readonly text: string } | 'invalid' | 'not-finite'

/** The sum of two decimal texts, computed and printed (`%.17Lf`, trailing zeros removed) as Redis 7.0's INCRBYFLOAT does. */
export function addFloats(left: string, right: string): FloatSum {
  const a = parseFloatText(left)
  const b = parseFloatText(right)
  if (a === 'invalid' || b === 'invalid') return 'invalid'
  if (a === 'infinite' || b === 'infinite') return 'not-finite'
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = shiftedTo(a, exponent) + shiftedTo(b, exponent)
  const rounded = exponent >= 0 ? nearest(sum << BigInt(exponent), 1n) : nearest(sum, 1n << BigInt(-exponent))
  return rounded === 'infinite' ? 'not-finite' : { text: print(rounded) }
}

function shiftedTo(value: LongDouble, exponent: number): bigint {
  return value.mantissa << BigInt(value.exponent - exponent)
}

function parseFloatText(text: string): LongDouble | 'invalid' | 'infinite' {
  if (text.length === 0 || text.length > maxTextLength) return 'invalid'
  if (infinityPattern.test(text)) return 'infinite'
  const match = decimalPattern.exec(text)
  if (match === null || match[2]!.length + match[3]!.length === 0) return 'invalid'
  const digits = BigInt(match[2]! + match[3]!)
  if (digits === 0n) return { mantissa: 0n, exponent: 0 }
  const power = (match[4] === undefined ? 0 : Number.parseInt(match[4], 10)) - match[3]!.length
  if (Math.abs(power) > maxDecimalExponent) return 'invalid'
  const signed = match[1] === '-' ? -digits : digits
  const value = power >= 0 ? nearest(signed * 10n ** BigInt(power), 1n) : nearest(signed, 10n ** BigInt(-power))
  return value === 'infinite' || value.mantissa === 0n ? 'invalid' : value
}

const bitLength = (value: bigint): number => value.toString(2).length

/** The 80-bit float nearest to a fraction, ties to even. */
function nearest(numerator: bigint, denominator: bigint): LongDouble | 'infinite' {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 }
  const negative = numerator < 0n
  const magnitude = negative ? -numerator : numerator
  let exponent = bitLength(magnitude) - bitLength(denominator) - mantissaBits
  let mantissa = divideToEven(magnitude, denominator, exponent)
  if (bitLength(mantissa) < mantissaBits) mantissa = divideToEven(magnitude, denominator, --exponent)
  if (bitLength(mantissa) > mantissaBits) mantissa = divideToEven(magnitude, denominator, ++exponent)
  if (bitLength(mantissa) + exponent > maxExponent) return 'infinite'
  return { mantissa: negative ? -mantissa : mantissa, exponent }
}

/** `numerator / denominator / 2^exponent`, rounded to the nearest whole number, ties to even. */
function divideToEven(numerator: bigint, denominator: bigint, exponent: number): bigint {
  const top = exponent < 0 ? numerator << BigInt(-exponent) : numerator
  const bottom = exponent > 0 ? denominator << BigInt(exponent) : denominator
  const quotient = top / bottom
  const twice = (top % bottom) * 2n
  const up = twice > bottom || (twice === bottom && (quotient & 1n) === 1n)
  return up ? quotient + 1n : quotient
}

function print(value: LongDouble): string {
  const negative = value.mantissa < 0n
  const magnitude = negative ? -value.mantissa : value.mantissa
  const unit = 10n ** decimalPlaces
  const scaled = divideToEven(magnitude * unit, 1n, -value.exponent)
  const fraction = (scaled % unit).toString().padStart(Number(decimalPlaces), '0').replace(/0+$/, '')
  const text = fraction === '' ? `${scaled / unit}` : `${scaled / unit}.${fraction}`
  return negative && text !== '0' ? `-${text}` : text
}
