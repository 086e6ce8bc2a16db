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
/** Of the last bit of the smallest numbers, which have fewer than 64 bits. */
const minExponent = -16445
const decimalPattern = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/
const hexPattern = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)(?:[pP]([+-]?\d+))?$/
const infinityPattern = /^[+-]?inf(?:inity)?$/i
/** MAX_LONG_DOUBLE_CHARS of Redis, less the final zero. */
const maxTextLength = 5119
/** Numbers that begin above the 10^5000s or below the 10^-5000s are infinite or zero whatever their digits. */
const maxMagnitude = 5000
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

/** What strtold makes of a text; as in Redis, a number too large or too small for the format is no number. */
function parseFloatText(text: string): LongDouble | 'invalid' | 'infinite' {
  if (text.length === 0 || text.length > maxTextLength) return 'invalid'
  if (infinityPattern.test(text)) return 'infinite'
  const decimal = decimalPattern.exec(text)
  const [, sign, whole, fraction, power = '0'] = decimal ?? hexPattern.exec(text) ?? []
  if (whole === undefined || fraction === undefined || whole.length + fraction.length === 0) return 'invalid'
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return { mantissa: 0n, exponent: 0 }
  const value =
    decimal === null
      ? fromHex(digits, Number(power) - 4 * fraction.length)
      : fromDecimal(digits, Number(power) - fraction.length)
  if (value === 'infinite' || value.mantissa === 0n) return 'invalid'
  return sign === '-' ? { mantissa: -value.mantissa, exponent: value.exponent } : value
}

/** `digits * 10^power`. */
function fromDecimal(digits: string, power: number): LongDouble | 'infinite' {
  const magnitude = digits.length + power
  if (magnitude > maxMagnitude) return 'infinite'
  if (magnitude < -maxMagnitude) return { mantissa: 0n, exponent: 0 }
  const value = BigInt(digits)
  return power >= 0 ? nearest(value * 10n ** BigInt(power), 1n) : nearest(value, 10n ** BigInt(-power))
}

/** `digits * 2^power`. */
function fromHex(digits: string, power: number): LongDouble | 'infinite' {
  const magnitude = 4 * digits.length + power
  if (magnitude > 2 * maxExponent) return 'infinite'
  if (magnitude < 2 * minExponent) return { mantissa: 0n, exponent: 0 }
  const value = BigInt(`0x${digits}`)
  return power >= 0 ? nearest(value << BigInt(power), 1n) : nearest(value, 1n << BigInt(-power))
}

const bitLength = (value: bigint): number => value.toString(2).length

/** The 80-bit float nearest to a fraction, ties to even. */
function nearest(numerator: bigint, denominator: bigint): LongDouble | 'infinite' {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 }
  const negative = numerator < 0n
  const magnitude = negative ? -numerator : numerator
  let exponent = Math.max(minExponent, bitLength(magnitude) - bitLength(denominator) - mantissaBits)
  let mantissa = divideToEven(magnitude, denominator, exponent)
  if (bitLength(mantissa) < mantissaBits && exponent > minExponent) {
    mantissa = divideToEven(magnitude, denominator, --exponent)
  }
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
