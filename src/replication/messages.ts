import type { EpochSpan, LogPosition } from './epoch-history.ts'

/** Entries of one epoch with consecutive indexes, from one log to another. The protocol does not look at the bytes. */
export interface EntryBatch {
  readonly epoch: number
  readonly firstIndex: number
  /** At least 1. */
  readonly count: number
  readonly bytes: Uint8Array
}

export function lastOf({ firstIndex, count }: EntryBatch): number {
  return firstIndex + count - 1
}

/** A leader introduces itself to a replica of its shard; again whenever they are connected anew. */
export interface Greeting {
  readonly kind: 'greeting'
  readonly epoch: number
  readonly history: number
}

/** The answer, and what a replica says whenever entries do not fit behind its log: where it stands. */
export interface Standing {
  readonly kind: 'standing'
  readonly epoch: number
  readonly disk: string
  /** What is in the log, the newest spans of it; below them the log is as old as its leader's, or a snapshot is due. */
  readonly spans: readonly EpochSpan[]
  /** Up to here the log is on disk. */
  readonly durable: number
  /** It holds part of a snapshot, and serves for nothing until it has all of it. */
  readonly installing: boolean
}

/** Entries behind `prev`, or none: then it says what is committed, and asks for a sign of life. */
export interface Append {
  readonly kind: 'append'
  readonly epoch: number
  readonly prev: LogPosition
  readonly batch: EntryBatch | undefined
  /** The leader's committed index. */
  readonly commit: number
  /** The newest round of confirmations (R8). */
  readonly round: number
}

/** Of the leader's log, this disk holds everything up to `durable`. */
export interface Acknowledgement {
  readonly kind: 'acknowledgement'
  readonly epoch: number
  readonly disk: string
  readonly durable: number
  readonly applied: number
  /** The newest round seen; the replica had promised no higher epoch then. */
  readonly round: number
}

/** Whoever sent this is no leader any more: `promised` is higher. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly promised: number
}

export type FromLeader = Greeting | Append
export type FromReplica = Standing | Acknowledgement | Refusal
/** What the replicas of one shard say to one another. */
export type ReplicaMessage = FromLeader | FromReplica
