import { GatewayError } from '../../../errors.ts'
import type { Expiry, Modification, ModifyBody } from '../../../operation/body.ts'
import { bucketOf } from '../../../operation/bucket.ts'
import type { DecodedRecord } from '../record-codec.ts'
import type { Evaluation } from './evaluation.ts'
import { addFloats, parseInteger } from './numbers.ts'
import { type Written, written } from './written.ts'

const binaryType = 'application/octet-stream'
const noBytes = new Uint8Array(0)
const maxInteger = 2n ** 63n - 1n
const minInteger = -(2n ** 63n)

const fail = (code: 'not-an-integer' | 'not-a-float' | 'overflow' | 'nan-or-infinity' | 'too-large', detail: string) =>
  new GatewayError(code, detail, { outcome: 'not-applied' })
const notAnInteger = fail('not-an-integer', 'The value is not an integer or out of range.')
const notAFloat = fail('not-a-float', 'The value is not a valid float.')
const overflow = fail('overflow', 'The increment or decrement would overflow.')
const notFinite = fail('nan-or-infinity', 'The increment would produce NaN or Infinity.')
const tooLarge = fail('too-large', 'The value would exceed limits.maxValue.')

/** Settings of modifications that make values grow. */
export interface ModifyLimits {
  readonly maxValueBytes: number
}

/** Evaluates a read-modify-write as Redis 7.0 does; the log gets the resulting value, never the command. */
export function evaluateModify(evaluation: Evaluation, body: ModifyBody, limits: ModifyLimits): Written | GatewayError {
  const { key, change } = body
  const current = evaluation.look(key)
  switch (change.name) {
    case 'increment':
      return increment(evaluation, key, current, change.by)
    case 'increment-float':
      return incrementFloat(evaluation, key, current, change.by)
    case 'append':
      return append(evaluation, key, current, change.value, limits)
    case 'set-range':
      return setRange(evaluation, key, current, change.offset, change.value, limits)
    case 'expire':
      return expire(evaluation, key, current, change)
    case 'persist':
      if (current === undefined || current.expiresAtMs === 0) return absentOr(current, key)
      return changeExpiry(evaluation, key, current, 0)
    case 'get-and-expire':
      return getAndExpire(evaluation, key, current, change.expiry)
  }
}

function absentOr(current: DecodedRecord | undefined, key: Uint8Array): Written {
  return written(current === undefined ? 'absent' : 'unchanged', bucketOf(key))
}

/** Writes a new value and keeps what else the record had. */
function rewrite(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  first: Uint8Array,
  second: Uint8Array,
): number {
  const record = {
    bucket: current?.bucket ?? bucketOf(key),
    expiresAtMs: current?.expiresAtMs ?? 0,
    lease: current?.lease ?? 0,
    contentType: current?.contentType ?? binaryType,
  }
  return evaluation.write(key, record, first, second)
}

function storedValue(current: DecodedRecord | undefined): Uint8Array {
  return current === undefined ? noBytes : current.bytes.subarray(current.valueStart, current.valueEnd)
}

function updated(
  evaluation: Evaluation,
  key: Uint8Array,
  sub: number,
  result: { integer?: bigint | number; value?: Uint8Array } = {},
): Written {
  const { epoch, nextIndex } = evaluation.workspace
  return written('updated', bucketOf(key), { ...result, version: { epoch, index: nextIndex, sub } })
}

function increment(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  by: bigint,
): Written | GatewayError {
  const before = current === undefined ? 0n : parseInteger(storedValue(current))
  if (before === undefined) return notAnInteger
  const after = before + by
  if (after > maxInteger || after < minInteger) return overflow
  const sub = rewrite(evaluation, key, current, Buffer.from(after.toString(), 'latin1'), noBytes)
  return updated(evaluation, key, sub, { integer: after })
}

function incrementFloat(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  by: string,
): Written | GatewayError {
  const before = current === undefined ? '0' : Buffer.from(storedValue(current)).latin1Slice()
  const sum = addFloats(before, by)
  if (sum === 'invalid') return notAFloat
  if (sum === 'not-finite') return notFinite
  const value = Buffer.from(sum.text, 'latin1')
  const sub = rewrite(evaluation, key, current, value, noBytes)
  return updated(evaluation, key, sub, { value })
}

function append(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  value: Uint8Array,
  limits: ModifyLimits,
): Written | GatewayError {
  const before = storedValue(current)
  const length = before.length + value.length
  if (length > limits.maxValueBytes) return tooLarge
  const sub = rewrite(evaluation, key, current, before, value)
  return updated(evaluation, key, sub, { integer: length })
}

function setRange(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  offset: number,
  value: Uint8Array,
  limits: ModifyLimits,
): Written | GatewayError {
  const before = storedValue(current)
  if (value.length === 0) {
    return written(current === undefined ? 'absent' : 'unchanged', bucketOf(key), { integer: before.length })
  }
  const length = Math.max(before.length, offset + value.length)
  if (length > limits.maxValueBytes) return tooLarge
  const after = Buffer.alloc(length)
  after.set(before)
  after.set(value, offset)
  const sub = rewrite(evaluation, key, current, after, noBytes)
  return updated(evaluation, key, sub, { integer: length })
}

function expire(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  change: Extract<Modification, { name: 'expire' }>,
): Written {
  if (current === undefined) return absentOr(current, key)
  const before = current.expiresAtMs === 0 ? Number.POSITIVE_INFINITY : current.expiresAtMs
  const after = evaluation.expiryAt(change.expiry, current)
  const { only } = change
  const skipped =
    (only === 'nx' && current.expiresAtMs !== 0) ||
    ((only === 'xx' || only === 'xx-lt') && current.expiresAtMs === 0) ||
    (only === 'gt' && after <= before) ||
    ((only === 'lt' || only === 'xx-lt') && after >= before)
  return skipped ? absentOr(current, key) : changeExpiry(evaluation, key, current, after)
}

function changeExpiry(evaluation: Evaluation, key: Uint8Array, current: DecodedRecord, expiresAtMs: number): Written {
  const { bucket, lease, contentType } = current
  if (expiresAtMs !== 0 && expiresAtMs <= evaluation.nowMs) {
    evaluation.erase(key)
    return written('updated', bucket)
  }
  const sub = evaluation.write(key, { bucket, expiresAtMs, lease, contentType }, storedValue(current))
  return updated(evaluation, key, sub)
}

function getAndExpire(
  evaluation: Evaluation,
  key: Uint8Array,
  current: DecodedRecord | undefined,
  expiry: Expiry,
): Written | GatewayError {
  if (current === undefined) return absentOr(current, key)
  const previous = evaluation.keep(current)
  if (previous === undefined) return evaluation.keepRefusal.withOutcome('not-applied')
  const expiresAtMs = evaluation.expiryAt(expiry, current)
  if (expiresAtMs === current.expiresAtMs) return written('unchanged', current.bucket, { previous })
  return { ...changeExpiry(evaluation, key, current, expiresAtMs), previous }
}
