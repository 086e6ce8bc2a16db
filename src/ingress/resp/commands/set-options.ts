import { clearExpiry, type Expiry, keepExpiry } from '../../../operation/body.ts'
import type { Arguments } from '../arguments.ts'
import { invalidExpireTime, notAnInteger } from '../error-text.ts'
import { integerAt, maxInt64 } from '../integer-text.ts'

/** How a number in EX, PX, EXAT or PXAT is meant. */
export interface ExpiryUnit {
  /** Milliseconds in one. */
  readonly scale: number
  readonly relative: boolean
}

export const seconds: ExpiryUnit = { scale: 1000, relative: true }
export const milliseconds: ExpiryUnit = { scale: 1, relative: true }
export const atSeconds: ExpiryUnit = { scale: 1000, relative: false }
export const atMilliseconds: ExpiryUnit = { scale: 1, relative: false }

/** Expiry times are stored in 48 bits of milliseconds; this leaves room for the present time to be added. */
const furthestMs = 2 ** 48 - 2 ** 42

/** What the options of SET or GETEX come to. The expiry's number is not looked at yet. */
export interface Options {
  onlyIfAbsent: boolean
  onlyIfPresent: boolean
  returnPrevious: boolean
  keepTtl: boolean
  persist: boolean
  unit: ExpiryUnit | undefined
  /** Index of the argument with the expiry's number. */
  timeAt: number
}

/**
 * Reads the options of SET (`first` 3) or GETEX (`first` 2) as Redis 7.0 does (`parseExtendedStringArgumentsOrReply`):
 * any order, repetition allowed where it does not contradict. Undefined: a syntax error.
 */
export function readOptions(args: Arguments, command: 'set' | 'getex'): Options | undefined {
  const options: Options = {
    onlyIfAbsent: false,
    onlyIfPresent: false,
    returnPrevious: false,
    keepTtl: false,
    persist: false,
    unit: undefined,
    timeAt: 0,
  }
  for (let i = command === 'set' ? 3 : 2; i < args.count; i++) {
    if (command === 'set' ? readSetOption(args, i, options) : readGetexOption(args, i, options)) continue
    const unit = i + 1 < args.count ? unitAt(args, i) : undefined
    if (unit === undefined || options.keepTtl || options.persist) return undefined
    if (options.unit !== undefined && options.unit !== unit) return undefined
    options.unit = unit
    options.timeAt = ++i
  }
  return options
}

function readSetOption(args: Arguments, i: number, options: Options): boolean {
  if (args.is(i, 'nx') && !options.onlyIfPresent) options.onlyIfAbsent = true
  else if (args.is(i, 'xx') && !options.onlyIfAbsent) options.onlyIfPresent = true
  else if (args.is(i, 'get')) options.returnPrevious = true
  else if (args.is(i, 'keepttl') && options.unit === undefined) options.keepTtl = true
  else return false
  return true
}

function readGetexOption(args: Arguments, i: number, options: Options): boolean {
  if (!args.is(i, 'persist') || options.unit !== undefined) return false
  options.persist = true
  return true
}

function unitAt(args: Arguments, i: number): ExpiryUnit | undefined {
  if (args.is(i, 'ex')) return seconds
  if (args.is(i, 'px')) return milliseconds
  if (args.is(i, 'exat')) return atSeconds
  return args.is(i, 'pxat') ? atMilliseconds : undefined
}

/** The expiry a SET with these options asks for, or the text of an error. */
export function expiryOf(args: Arguments, options: Options, command: string): Expiry | string {
  if (options.keepTtl) return keepExpiry
  if (options.unit === undefined) return clearExpiry
  return positiveExpiry(args, options.timeAt, options.unit, command)
}

/**
 * An expiry that has to lie after the epoch (SET, GETEX), or the text of an error. Redis refuses what does not fit 64
 * bits of milliseconds; Headgate what does not fit the 48 bits of a record, the year 10000 and later.
 */
export function positiveExpiry(args: Arguments, index: number, unit: ExpiryUnit, command: string): Expiry | string {
  const value = integerAt(args, index)
  if (value === undefined) return notAnInteger
  const ms = Number(value) * unit.scale
  if (ms <= 0 || ms > furthestMs) return invalidExpireTime(command)
  return unit.relative ? { kind: 'after', ms } : { kind: 'at', ms }
}

/**
 * An expiry that may lie in the past, which deletes (EXPIRE and family), or the text of an error. Times before the
 * epoch all mean the first millisecond of it.
 */
export function anyExpiry(args: Arguments, index: number, unit: ExpiryUnit, command: string): Expiry | string {
  const value = integerAt(args, index)
  if (value === undefined) return notAnInteger
  const exact = BigInt(value) * BigInt(unit.scale)
  if (exact > maxInt64 || exact < -maxInt64 - 1n || exact > BigInt(furthestMs)) {
    return invalidExpireTime(command)
  }
  const ms = Math.max(Number(exact), Number.MIN_SAFE_INTEGER)
  return unit.relative ? { kind: 'after', ms } : { kind: 'at', ms: Math.max(1, ms) }
}

export function isFault(expiry: Expiry | string): expiry is string {
  return typeof expiry === 'string'
}
