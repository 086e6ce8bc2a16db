import type { Condition } from './condition.ts'
import type { Query } from './query/query.ts'
import type { Version } from './record.ts'

/** Bytes of the longest key; every store takes it. */
export const maxKeyBytes = 1024

/**
 * What an operation asks of the stores, protocol apart. Keys are 1..1024 bytes. Byte arrays may be views into a read
 * buffer: whoever keeps one past the call that delivered it copies it first (`copyBody`).
 */
export type Body = PointBody | KeysBody | RangeBody | BatchBody | LeaseBody

/** Concerns exactly one key. */
export type PointBody = GetBody | PutBody | DeleteBody | ModifyBody

export interface GetBody {
  readonly kind: 'get'
  readonly key: Uint8Array
  /** `meta` leaves the value out where leaving it out is cheaper (HEAD, TTL, EXISTS); sizes stay correct. */
  readonly projection: 'value' | 'meta'
}

/** What a write does to the record's expiry. Times are wall-clock milliseconds; `after` counts from shard time (R13). */
export type Expiry =
  | { readonly kind: 'clear' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'after'; readonly ms: number }
  | { readonly kind: 'at'; readonly ms: number }

export const clearExpiry: Expiry = { kind: 'clear' }
export const keepExpiry: Expiry = { kind: 'keep' }

export interface PutBody {
  readonly kind: 'put'
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly contentType: string
  readonly expiry: Expiry
  /** Lease to attach to; 0 detaches. */
  readonly lease: number
  readonly condition?: Condition
  /** Ask for a copy of the record that was there (SET GET, GETSET), also when the condition fails. */
  readonly returnPrevious?: boolean
  /** A failed condition is an ordinary answer (`status: 'refused'`, SET NX), not the error `precondition-failed`. */
  readonly softCondition?: boolean
  /** The reply need not say whether a record was there, which saves the store a read (plain SET). */
  readonly blind?: boolean
}

export interface DeleteBody {
  readonly kind: 'delete'
  readonly key: Uint8Array
  readonly condition?: Condition
  readonly returnPrevious?: boolean
}

/** Read-modify-write on one record, evaluated by the leader, which logs only the effect (R12). */
export interface ModifyBody {
  readonly kind: 'modify'
  readonly key: Uint8Array
  readonly change: Modification
}

/** The options of EXPIRE; XX and LT may stand together (XX adds nothing to GT). */
export type ExpireOnly = 'nx' | 'xx' | 'gt' | 'lt' | 'xx-lt'

/** Semantics are those of the Redis 7.0 command named; an absent record counts as the empty value. */
export type Modification =
  /** INCRBY; DECRBY passes a negative number. Answers `integer`. */
  | { readonly name: 'increment'; readonly by: bigint }
  /** INCRBYFLOAT; `by` is the text the client sent. Answers `value`, the new number's text. */
  | { readonly name: 'increment-float'; readonly by: string }
  /** APPEND. Answers `integer`, the new length in bytes. */
  | { readonly name: 'append'; readonly value: Uint8Array }
  /** SETRANGE. Answers `integer`, the new length in bytes. */
  | { readonly name: 'set-range'; readonly offset: number; readonly value: Uint8Array }
  /** EXPIRE and family. `updated` if the expiry changed (or the record is deleted at once because it lies in the past). */
  | { readonly name: 'expire'; readonly expiry: Expiry; readonly only?: ExpireOnly }
  /** PERSIST. `updated` if there was an expiry. */
  | { readonly name: 'persist' }
  /** GETEX. Answers `previous`, and changes the expiry unless it is `keep`. */
  | { readonly name: 'get-and-expire'; readonly expiry: Expiry }

/** Concerns a list of keys, fanned out by shard; not a snapshot over shards, atomic within one. */
export type KeysBody =
  /** MGET. Answers `records` in the order of `keys`. */
  | { readonly kind: 'get-many'; readonly keys: readonly Uint8Array[] }
  /** DEL, UNLINK. Answers `count`: how many existed. A key named twice counts once. */
  | { readonly kind: 'delete-many'; readonly keys: readonly Uint8Array[] }
  /** EXISTS, TOUCH. Answers `count`; a key named twice counts twice. */
  | { readonly kind: 'exists-many'; readonly keys: readonly Uint8Array[] }

export interface Bound {
  readonly key: Uint8Array
  readonly inclusive: boolean
}

/** Keys in byte order between two bounds; a missing bound is open. */
export interface KeyRange {
  readonly lower?: Bound
  readonly upper?: Bound
}

export interface ScanBody {
  readonly kind: 'scan'
  readonly range: KeyRange
  readonly order: 'asc' | 'desc'
  /** Records at most, 1..1,000 for a client; more inside. */
  readonly limit: number
  /** A page ends before the record that would pass this many bytes of keys and values, but holds at least one. */
  readonly maxBytes: number
  readonly values: boolean
}

export type RangeBody =
  | ScanBody
  /** How many records lie in the range. Answers `count`. Records expired but not yet swept are not counted. */
  | { readonly kind: 'count'; readonly range: KeyRange }
  /** DBSIZE: all records; may count expired ones that are not swept yet. Answers `count`. */
  | { readonly kind: 'size' }
  /** RANDOMKEY. Answers `page` with one record (no value) or none. */
  | { readonly kind: 'random-key' }
  | { readonly kind: 'query'; readonly range: KeyRange; readonly query: Query }

export interface Watch {
  readonly key: Uint8Array
  /** The version seen when the watch was set; undefined if there was no record. */
  readonly version: Version | undefined
}

/** Several point operations in order. Answers `batch`. */
export interface BatchBody {
  readonly kind: 'batch'
  readonly operations: readonly PointBody[]
  /** One log entry: all effects or none, nothing between them. Needs one shard (one bucket where splitting is on). */
  readonly atomic: boolean
  /** With `atomic`: the first failing operation fails the batch (HTTP, MSETNX). Without: it only fails itself (EXEC). */
  readonly abortOnFailure: boolean
  /** With `atomic`: the batch answers `watchFailed` and does nothing if one of these changed. */
  readonly watches?: readonly Watch[]
}

/** Leases (R18). Ids are 1..2^53-1; a lease lives in the bucket of its id's hexadecimal text. */
export type LeaseBody =
  | { readonly kind: 'lease-grant'; readonly id: number; readonly ttlMs: number }
  | { readonly kind: 'lease-keepalive'; readonly id: number }
  | { readonly kind: 'lease-get'; readonly id: number }
  /** The first `limit` leases with an id above `after`, by id. */
  | { readonly kind: 'lease-list'; readonly after: number; readonly limit: number }
  | { readonly kind: 'lease-revoke'; readonly id: number }
  /** Step of a put with a lease: records `key` with the lease, before the record names the lease. */
  | { readonly kind: 'lease-attach'; readonly id: number; readonly key: Uint8Array }
  /** Step of a revocation: no further attach is accepted; answers the attached keys. */
  | { readonly kind: 'lease-close'; readonly id: number }
  /** Step of a revocation: deletes those of `keys` still attached, leaves a tombstone that refuses late attaches. */
  | { readonly kind: 'lease-drop'; readonly id: number; readonly keys: readonly Uint8Array[] }
  /** Last step of a revocation: forgets the lease. */
  | { readonly kind: 'lease-forget'; readonly id: number }

export type BodyKind = Body['kind']

/** Whether an operation may change something. What is not known to be a read is a write. */
export const intentOf = {
  get: 'read',
  put: 'write',
  delete: 'write',
  modify: 'write',
  'get-many': 'read',
  'delete-many': 'write',
  'exists-many': 'read',
  scan: 'read',
  count: 'read',
  size: 'read',
  'random-key': 'read',
  query: 'read',
  batch: 'write',
  'lease-grant': 'write',
  'lease-keepalive': 'write',
  'lease-get': 'read',
  'lease-list': 'read',
  'lease-revoke': 'write',
  'lease-attach': 'write',
  'lease-close': 'write',
  'lease-drop': 'write',
  'lease-forget': 'write',
} as const satisfies Record<BodyKind, Intent>

export type Intent = 'read' | 'write'

/** The role that a client needs for it: a batch goes the way of writes, but one of reads alone changes nothing. */
export function roleNeeded(body: Body): Intent {
  if (body.kind === 'batch' && body.operations.every(({ kind }) => intentOf[kind] === 'read')) return 'read'
  return intentOf[body.kind]
}
