import type { GatewayError } from '../errors.ts'
import type { QueryPartial } from './query/query.ts'
import type { RecordView, Version } from './record.ts'
import type { Position } from './token.ts'

/** A successful answer. `positions` are the committed positions it reflects, one for each shard touched. */
export type Reply =
  | RecordReply
  | WriteReply
  | RecordsReply
  | CountReply
  | PageReply
  | QueryReply
  | BatchReply
  | LeaseReply

/** Answer to `get`; an absent or expired record is undefined. */
export interface RecordReply {
  readonly kind: 'record'
  readonly record: RecordView | undefined
  readonly positions: readonly Position[]
}

/**
 * Answer to one write.
 * - `created`, `replaced`: put (a `blind` put says `replaced` without having looked).
 * - `deleted`, `absent`: delete, or a modification of nothing.
 * - `updated`, `unchanged`: modify.
 * - `refused`: a soft condition did not hold; nothing was written.
 */
export interface WriteReply {
  readonly kind: 'written'
  readonly status: 'created' | 'replaced' | 'deleted' | 'absent' | 'updated' | 'unchanged' | 'refused'
  readonly bucket: number
  /** Version of the record as the write left it; undefined where none is left. */
  readonly version: Version | undefined
  /** What was there before, if asked for; may be kept. */
  readonly previous: OwnedRecord | undefined
  readonly integer: bigint | number | undefined
  readonly value: Uint8Array | undefined
  /** The outcome of an earlier request with the same Idempotency-Key. */
  readonly replayed: boolean
  readonly positions: readonly Position[]
}

/** A record whose bytes belong to the receiver. */
export type OwnedRecord = RecordView

export interface RecordsReply {
  readonly kind: 'records'
  readonly records: readonly (OwnedRecord | undefined)[]
  readonly positions: readonly Position[]
}

export interface CountReply {
  readonly kind: 'count'
  readonly count: number
  readonly positions: readonly Position[]
  readonly missing?: readonly MissingShard[]
}

export interface ScanEntry {
  readonly key: Uint8Array
  /** Value empty if values were not asked for; `size` is the value's true size all the same. */
  readonly record: OwnedRecord
  readonly size: number
}

export interface PageReply {
  readonly kind: 'page'
  readonly entries: readonly ScanEntry[]
  /** The range may hold more after the last entry. A page with `more` holds at least one entry. */
  readonly more: boolean
  readonly positions: readonly Position[]
  readonly missing?: readonly MissingShard[]
}

export interface QueryReply {
  readonly kind: 'query'
  readonly partial: QueryPartial
  readonly positions: readonly Position[]
  readonly missing?: readonly MissingShard[]
}

/** A shard an answer had to do without, allowed only where the client asked for partial answers. */
export interface MissingShard {
  readonly shard: number
  readonly error: GatewayError
}

export interface BatchReply {
  readonly kind: 'batch'
  /** One for each operation, in order; empty if `watchFailed`. The bytes of records belong to the receiver. */
  readonly results: readonly (WriteReply | RecordReply | GatewayError)[]
  readonly watchFailed: boolean
  readonly replayed: boolean
  readonly positions: readonly Position[]
}

export interface LeaseInfo {
  readonly id: number
  readonly grantedTtlMs: number
  readonly remainingMs: number
  /** Only in the answer to `lease-get` and `lease-close`; else empty. */
  readonly keys: readonly Uint8Array[]
}

export interface LeaseReply {
  readonly kind: 'leases'
  readonly leases: readonly LeaseInfo[]
  /** Only in the answer to `lease-list`: there are more behind the last. With it there is at least one. */
  readonly more?: boolean
  readonly positions: readonly Position[]
}
