import type { ShardRecord } from './membership.ts'
import type { EntryBatch, ReplicaMessage } from './messages.ts'

/**
 * What the protocol wants done. Whoever drives a replica carries the actions out in the order they were asked for, and
 * says what came of them.
 */
export type ReplicaAction =
  /** To the same shard's replica on another node; may be lost with the connection. */
  | { readonly kind: 'send'; readonly to: string; readonly message: ReplicaMessage }
  /** Writes the promise down for good, then `promised`. */
  | { readonly kind: 'promise'; readonly epoch: number }
  /** Puts entries behind the log; `durable` when they are on disk. */
  | { readonly kind: 'append'; readonly batch: EntryBatch }
  /** Drops all entries after `index`, none of which is committed. */
  | { readonly kind: 'cut'; readonly index: number }
  /** Begins to write in `epoch`, with its barrier; says `wrote`. */
  | { readonly kind: 'lead'; readonly epoch: number }
  /** No longer leads: takes no writes, and says of those it has not answered that their outcome is not known. */
  | { readonly kind: 'resign'; readonly why: string }
  /** Entries up to `index` may be shown, and applied. */
  | { readonly kind: 'commit'; readonly index: number }
  /** The barrier is committed: conditions may be evaluated and reads served once it is applied. */
  | { readonly kind: 'serve' }
  /** Reads entries from `from` on for `to`, of one epoch and about so many bytes at most; says `fetched`. */
  | { readonly kind: 'fetch'; readonly to: string; readonly from: number; readonly maxBytes: number }
  /** `to` lacks what the log no longer has. */
  | { readonly kind: 'snapshot'; readonly to: string }
  /** Writes the record if its key is still at `revision`; says `proposed`. */
  | { readonly kind: 'propose'; readonly record: ShardRecord; readonly revision: number; readonly why: string }
  /** Every read up to this round is confirmed. */
  | { readonly kind: 'confirmed'; readonly round: number }
