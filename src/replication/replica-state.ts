import type { ReplicaAction } from './actions.ts'
import type { EpochHistory } from './epoch-history.ts'
import type { Member } from './membership.ts'
import type { Rules } from './rules.ts'

/** Times in milliseconds. */
export interface ReplicationSettings {
  /** A member that lags longer than this is removed from the in-sync set. */
  readonly inSyncTimeoutMs: number
  /** A member that is not connected for so long is removed. */
  readonly awayTimeoutMs: number
  /** Members that the leader aims at, itself included; further replicas follow without counting. */
  readonly inSyncTarget: number
  /** Fewer members than this, and writes are refused (R4). */
  readonly minInSync: number
  /** A follower that was sent nothing for so long is sent a sign of life. */
  readonly heartbeatMs: number
  /** Before a transaction whose outcome is unknown is settled by another. */
  readonly settleMs: number
  /** Between two calls of `tick`, longer than this means that the process itself stood still. */
  readonly pauseMs: number
  /** Bytes sent to one follower and not acknowledged. */
  readonly windowBytes: number
  /** Bytes of one message, about. */
  readonly batchBytes: number
}

export const defaultReplicationSettings: ReplicationSettings = {
  inSyncTimeoutMs: 2_000,
  awayTimeoutMs: 100,
  inSyncTarget: 3,
  minInSync: 1,
  heartbeatMs: 100,
  settleMs: 250,
  pauseMs: 1_000,
  windowBytes: 8 << 20,
  batchBytes: 1 << 20,
}

/** What a replica is, whatever part it plays. Numbers only: the bytes are in the log that it is a picture of. */
export interface ReplicaState {
  readonly self: Member
  /** What is in the log, on disk or not. */
  readonly log: EpochHistory
  /** Entries up to here are on disk. */
  durable: number
  /** Entries up to here are known to be committed. */
  commit: number
  /** Entries up to here are in the engine, or in what reads look at before it. */
  applied: number
  /** The highest epoch it promised to follow or lead; on disk. */
  promised: number
  /** Changes when committed writes are given up on purpose (R5). */
  history: number
  /** Part of a snapshot is in the engine. */
  installing: boolean
  readonly settings: ReplicationSettings
  readonly rules: Rules
  /** Asks for something to be done. */
  readonly act: (action: ReplicaAction) => void
}
