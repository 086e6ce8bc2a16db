/**
 * Keys of the system space. The first byte says what a key is about:
 *
 * | byte | key | value |
 * |---|---|---|
 * | 1 | expiry: time u48 big-endian, kind, and the key that ends then | empty |
 * | 2 | lease: id u64 big-endian | see `leases/lease-table.ts` |
 * | 3 | attachment: lease id, record key | empty |
 * | 4 | tombstone of a lease: id | empty |
 * | 5 | outcome: scope of an Idempotency-Key, 16 bytes | see `evaluate/outcome.ts` |
 */
export const systemKind = { expiry: 1, lease: 2, attachment: 3, tombstone: 4, outcome: 5 } as const

/** What an entry of the expiry index ends. */
export const expiryKind = { record: 0, outcome: 1, tombstone: 2 } as const
export type ExpiryKind = (typeof expiryKind)[keyof typeof expiryKind]

/** The last moment that 48 bits can name, far beyond the year 10000. */
const lastMs = 2 ** 48 - 1

/** The moment nearest to `ms` that can be stored: a clock may say anything, also a time before 1970. */
export function storableTime(ms: number): number {
  return Math.min(Math.max(Math.floor(ms), 0), lastMs)
}

/** The expiry index's key for something of `kind` that ends at `atMs` (wall-clock milliseconds, as of `storableTime`). */
export function expiryKey(atMs: number, kind: ExpiryKind, key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(8 + key.length)
  bytes[0] = systemKind.expiry
  bytes.writeUIntBE(atMs, 1, 6)
  bytes[7] = kind
  bytes.set(key, 8)
  return bytes
}

export interface ExpiryEntry {
  readonly atMs: number
  readonly kind: ExpiryKind
  readonly key: Buffer
}

/** What a key made by `expiryKey` says; its bytes are copied. */
export function parseExpiryKey(bytes: Uint8Array): ExpiryEntry {
  const copy = Buffer.from(bytes)
  return { atMs: copy.readUIntBE(1, 6), kind: copy[7] as ExpiryKind, key: copy.subarray(8) }
}

/** Everything in the expiry index that ends before `atMs` lies below this key. */
export function expiryBefore(atMs: number): Buffer {
  return expiryKey(atMs, expiryKind.record, new Uint8Array(0))
}

function idKey(kind: number, id: number, rest: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(attachmentKeyStart + rest.length)
  bytes[0] = kind
  bytes.writeBigUInt64BE(BigInt(id), 1)
  bytes.set(rest, attachmentKeyStart)
  return bytes
}

const nothing = new Uint8Array(0)

/** Where the record's key begins in the key of an attachment. */
export const attachmentKeyStart = 9

export const leaseKey = (id: number): Buffer => idKey(systemKind.lease, id, nothing)
export const attachmentKey = (id: number, key: Uint8Array): Buffer => idKey(systemKind.attachment, id, key)
export const tombstoneKey = (id: number): Buffer => idKey(systemKind.tombstone, id, nothing)

export function outcomeKey(scope: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + scope.length)
  bytes[0] = systemKind.outcome
  bytes.set(scope, 1)
  return bytes
}

/** The lease id in a key made by `leaseKey`, `attachmentKey` or `tombstoneKey`. */
export function leaseIdOf(key: Uint8Array): number {
  return Number(Buffer.from(key.buffer, key.byteOffset, key.byteLength).readBigUInt64BE(1))
}
