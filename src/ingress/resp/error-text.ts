import type { ErrorCode, GatewayError } from '../../errors.ts'

/** Errors that Redis 7.0 has too, in its words (shared.c strings and addReplyError calls). */
const redisTexts: Partial<Record<ErrorCode, string>> = {
  'not-an-integer': 'ERR value is not an integer or out of range',
  'not-a-float': 'ERR value is not a valid float',
  overflow: 'ERR increment or decrement would overflow',
  'nan-or-infinity': 'ERR increment would produce NaN or Infinity',
  'too-large': 'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
  'cross-shard': "CROSSSLOT Keys in request don't hash to the same slot",
}

export const noAuth = 'NOAUTH Authentication required.'
export const wrongPass = 'WRONGPASS invalid username-password pair or user is disabled.'
export const syntaxError = 'ERR syntax error'
export const notAnInteger = 'ERR value is not an integer or out of range'
export const tooLong = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)'
export const execAborted = 'EXECABORT Transaction discarded because of previous errors.'

export function noPermission(command: string): string {
  return `NOPERM this user has no permissions to run the '${command}' command`
}

export function wrongArity(command: string): string {
  return `ERR wrong number of arguments for '${command}' command`
}

export function invalidExpireTime(command: string): string {
  return `ERR invalid expire time in '${command}' command`
}

/**
 * How a gateway error reads on a Redis connection, without the leading `-`. What Redis has too reads as there; a shed
 * request says why and for how long; a missed deadline says what became of the write.
 */
export function errorText(error: GatewayError, command: string): string {
  const text = redisTexts[error.code]
  if (text !== undefined) return text
  if (error.code === 'overloaded' || error.code === 'rate-limited') {
    return `OVERLOADED reason=${error.reason ?? 'rate'} retry-after-ms=${Math.ceil(error.retryAfterMs ?? 0)}`
  }
  if (error.code === 'deadline') return `TIMEOUT outcome=${error.outcome ?? 'not-applied'}`
  if (error.code === 'unauthenticated') return noAuth
  if (error.code === 'forbidden') return noPermission(command)
  const outcome = error.outcome === undefined ? '' : ` outcome=${error.outcome}`
  return `ERR ${error.code} ${error.detail}${outcome}`
}
