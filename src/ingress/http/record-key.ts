import { GatewayError } from '../../errors.ts'
import { maxKeyBytes } from '../../operation/body.ts'
import type { KeyMemory } from '../key-memory.ts'
import { decodePercent } from './codec/percent.ts'
import type { RequestHead } from './codec/request-head.ts'
import { recordKeyOffset } from './routes.ts'

/**
 * The key that the path of a record names: everything after `/v1/records/`, decoded once. A view where nothing had to
 * be decoded. Throws `bad-key`.
 */
export function recordKey(head: RequestHead): Buffer {
  const start = head.base + head.pathStart + recordKeyOffset
  const end = head.base + head.pathEnd
  const key =
    head.hasPercent || head.hasHighByte ? decodePercent(head.bytes, start, end) : head.bytes.subarray(start, end)
  if (key === undefined) {
    throw new GatewayError('bad-key', 'The key holds a malformed % escape, or a byte above 0x7f that must be escaped.')
  }
  return checkedKey(key)
}

/** The same as a copy in `keys`, where nothing has to be decoded. */
export function copyRecordKey(head: RequestHead, keys: KeyMemory): Uint8Array {
  const start = head.base + head.pathStart + recordKeyOffset
  const length = head.base + head.pathEnd - start
  const isPlain = !head.hasPercent && !head.hasHighByte && length > 0 && length <= maxKeyBytes
  return isPlain ? keys.copy(head.bytes, start, start + length) : recordKey(head)
}

/** Throws `bad-key` unless the length is allowed. */
export function checkedKey(key: Buffer): Buffer {
  if (key.length === 0) throw new GatewayError('bad-key', 'The key is empty.')
  if (key.length > maxKeyBytes) throw new GatewayError('bad-key', `The key is longer than ${maxKeyBytes} bytes.`)
  return key
}
