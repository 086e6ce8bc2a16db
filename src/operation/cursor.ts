import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type Bound, type KeyRange, maxKeyBytes } from './body.ts'

/** What a cursor continues; a cursor is good for nothing else. Page size and caller may change between pages. */
export type CursorQuery = ScanQuery | 'leases'

export interface ScanQuery {
  readonly range: KeyRange
  readonly order: 'asc' | 'desc'
  readonly values: boolean
}

const version = 1
const macBytes = 16

/**
 * Opaque continuation of a list in the order of its keys: the last key seen and a MAC over it and the query (HMAC-SHA256 of RFC 2104, truncated
 * to 16 bytes). It needs no state, so it is valid after a restart, on another gateway with the same `secret`, and
 * whatever shards the keys have moved to.
 */
export function encodeCursor(secret: Uint8Array, query: CursorQuery, last: Uint8Array): string {
  return Buffer.concat([Buffer.of(version), macOf(secret, query, last), last]).toString('base64url')
}

/** The last key a cursor carries, or undefined if it was altered, belongs to another query, or is none. */
export function decodeCursor(secret: Uint8Array, query: CursorQuery, text: string): Buffer | undefined {
  if (text.length > ((1 + macBytes + maxKeyBytes) * 4) / 3 + 1) return undefined
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text || bytes.length <= 1 + macBytes || bytes[0] !== version) return undefined
  const last = bytes.subarray(1 + macBytes)
  return timingSafeEqual(bytes.subarray(1, 1 + macBytes), macOf(secret, query, last)) ? last : undefined
}

function macOf(secret: Uint8Array, query: CursorQuery, last: Uint8Array): Buffer {
  const hmac = createHmac('sha256', secret)
  return hmac.update('headgate cursor 1').update(hashOf(query)).update(last).digest().subarray(0, macBytes)
}

function hashOf(query: CursorQuery): Buffer {
  const hash = createHash('sha256')
  if (query === 'leases') return hash.update(query).digest()
  const { range, order, values } = query
  hash.update(`${order} ${values} `)
  for (const bound of [range.lower, range.upper]) hash.update(boundBytes(bound))
  return hash.digest()
}

/** Length first, so that two bounds cannot run into each other. */
function boundBytes(bound: Bound | undefined): Buffer {
  if (bound === undefined) return Buffer.from('-')
  return Buffer.concat([Buffer.from(`${bound.inclusive ? '[' : '('}${bound.key.length}:`), bound.key])
}
