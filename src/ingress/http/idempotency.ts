import { createHash } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import { header } from './codec/header-names.ts'
import { methodName } from './codec/methods.ts'
import type { RequestHead } from './codec/request-head.ts'
import type { Exchange } from './exchange.ts'

const hashBytes = 16
const keyPattern = /^[\x21-\x7e]{1,255}$/

/** The headers that change what a write does; they belong to what must be the same in a repeat. */
const meaningful = [header.contentType, header.ifMatch, header.ifNoneMatch]

/**
 * Fills in the operation's idempotency if the request names a key. The scope is client, method and path; the
 * fingerprint covers all else that the outcome depends on: query, body and the headers above (SHA-256, first 16 bytes).
 * Throws a `GatewayError` for a malformed key.
 */
export function readIdempotency(exchange: Exchange, head: RequestHead, body: Uint8Array): void {
  const key = head.value(header.idempotencyKey)
  if (key === undefined) return
  if (!keyPattern.test(key)) {
    throw new GatewayError('malformed', 'Idempotency-Key must have 1 to 255 visible ASCII characters.')
  }
  exchange.repeatable = true
  const { client } = exchange.operation
  exchange.operation.idempotency = {
    scope: hashOf([client.name, methodName(head.method), head.path(), key]),
    fingerprint: hashOf([head.query(), ...meaningful.map((id) => head.value(id) ?? '-'), body]),
  }
}

/** Lengths first, so that different parts never hash alike. */
function hashOf(parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest().subarray(0, hashBytes)
}
