import { attachmentKeyStart, leaseIdOf, systemKind } from '../system-keys.ts'

/** A lease as its shard's leader holds it; the log has everything but the deadline, which only the leader keeps (R18). */
export interface LeaseState {
  readonly id: number
  readonly ttlMs: number
  /** Monotonic milliseconds. */
  deadline: number
  /** Being revoked: nothing may be attached any more. */
  closing: boolean
  /** When its expiry was last announced; it is announced again if nothing came of it. */
  announcedAt: number
  /** Attached keys, by their Latin-1 text. */
  readonly keys: Map<string, Uint8Array>
}

const flagClosing = 1

/** Stored lease: TTL in milliseconds u48, flags u8. */
export function encodeLease(ttlMs: number, closing: boolean): Buffer {
  const bytes = Buffer.alloc(7)
  bytes.writeUIntLE(ttlMs, 0, 6)
  bytes[6] = closing ? flagClosing : 0
  return bytes
}

/** The leases of one shard. */
export class LeaseTable {
  readonly leases = new Map<number, LeaseState>()
  attachments = 0

  /**
   * Takes in one stored key and value of the system space, in key order: a lease comes before its attachments. Others are
   * ignored. The full time of each lease begins `now`, monotonic milliseconds.
   */
  absorb(key: Uint8Array, value: Uint8Array, now: number): void {
    const kind = key[0]
    if (kind === systemKind.attachment) this.attach(leaseIdOf(key), key.subarray(attachmentKeyStart))
    if (kind !== systemKind.lease) return
    const bytes = Buffer.from(value)
    const ttlMs = bytes.readUIntLE(0, 6)
    this.put(leaseIdOf(key), ttlMs, now + ttlMs).closing = (bytes[6]! & flagClosing) !== 0
  }

  put(id: number, ttlMs: number, deadline: number): LeaseState {
    const known = this.leases.get(id)
    if (known !== undefined) return known
    const lease = { id, ttlMs, deadline, closing: false, announcedAt: 0, keys: new Map() }
    this.leases.set(id, lease)
    return lease
  }

  attach(id: number, key: Uint8Array): void {
    const keys = this.leases.get(id)?.keys
    if (keys === undefined) return
    const text = Buffer.from(key).latin1Slice()
    if (keys.has(text)) return
    keys.set(text, Buffer.from(key))
    this.attachments += 1
  }

  remove(id: number): void {
    this.attachments -= this.leases.get(id)?.keys.size ?? 0
    this.leases.delete(id)
  }
}
