/**
 * What `GET /v1/status` and `GET /v1/explain` on the admin port answer. The admin routes write it, `headgate status`,
 * `headgate explain` and the dashboard read it. Fields are added, never renamed. All members are plain JSON; counts
 * are whole numbers; times end in their unit.
 */
export interface Status {
  readonly cluster: string
  readonly node: NodeStatus
  /** Takes traffic: what `/readyz` says. */
  readonly ready: boolean
  /** Finishing what it has and about to stop. */
  readonly draining: boolean
  readonly shards: readonly ShardStatus[]
  readonly listeners: readonly ListenerStatus[]
  readonly requests: RequestsStatus
  /** One row for each operation class that was seen in the window, busiest first. */
  readonly latency: readonly LatencyStatus[]
  /** Requests shed since the start, by `ShedReason` (`src/errors.ts`); reasons without any may be left out. */
  readonly shed: Readonly<Record<string, number>>
  readonly memory: MemoryStatus
  readonly coordination: CoordinationStatus
  /** What an operator should know, a sentence each: running unprotected, a disk that fills up, a backlog that grows. */
  readonly warnings: readonly string[]
}

export interface NodeStatus {
  readonly id: string
  /** 1 (smallest) to 5 (biggest). */
  readonly grade: number
  /** Any of `writer`, `reader`, `manager`, `standby`. */
  readonly roles: readonly string[]
  /** Of the Headgate program. */
  readonly version: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly uptimeSeconds: number
  readonly pid: number
}

export interface ShardStatus {
  readonly id: number
  /** Owned ranges of buckets, `[first, last]`, both inclusive. */
  readonly buckets: readonly (readonly [number, number])[]
  readonly epoch: number
  /** Changes only when committed writes were given up on purpose; tokens name it. */
  readonly history: string
  /** Id of the node that takes the writes; null while there is none. */
  readonly leader: string | null
  /** Positions in the shard's log, whole numbers: committed, visible in the engine, safe in the engine's own files. */
  readonly commitIndex: number
  readonly appliedIndex: number
  readonly flushedIndex: number
  /** Committed writes that the engine has yet to take. */
  readonly backlogBytes: number
  readonly backlogEntries: number
  readonly records: { readonly count: number; readonly exact: boolean }
  /** Of the engine's files (or memory). */
  readonly sizeBytes: number
  /** Requests of this shard that run now, and that wait in its queues. */
  readonly inFlight: number
  readonly queued: number
}

export interface ListenerStatus {
  /** `http`, `resp`, `admin` or `peer`. */
  readonly name: string
  /** `host:port` as bound. */
  readonly address: string
  readonly connections: number
}

/** `perSecond` over the last 10 s; the counts since the start. */
export interface RequestsStatus {
  readonly perSecond: number
  readonly readsPerSecond: number
  readonly writesPerSecond: number
  readonly total: number
  /** By how they ended: `ok`, or an error code of `src/errors.ts`; outcomes without any may be left out. */
  readonly byOutcome: Readonly<Record<string, number>>
}

/** Over the last minute. `count` and the first three times are of all answers, from arrival to answer. */
export interface LatencyStatus {
  /** The operation class, as the `operation` label of `headgate_request_duration_seconds`. */
  readonly operation: string
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** 99th percentile of samples of the parts: waiting for a turn, and inside the store. Null without any sample. */
  readonly queueP99Ms: number | null
  readonly storeP99Ms: number | null
  /** From arrival to answer, since the node started. */
  readonly sinceStart?: {
    readonly count: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly maxMs: number
  }
}

export interface MemoryStatus {
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

export interface CoordinationStatus {
  /** `embedded` or `etcd`. */
  readonly kind: string
  readonly ok: boolean
  readonly revision: number
}

/** Of those that `headgate explain` can ask about, the ones over a range: their one key, if there is any, is a prefix. */
export const rangeOperations = ['scan', 'count', 'query'] as const
export type RangeOperation = (typeof rangeOperations)[number]

/** The operations `headgate explain` can ask about (`?op=`). */
export const explainableOperations = ['read', 'write', ...rangeOperations] as const
export type ExplainableOperation = (typeof explainableOperations)[number]

export function isRangeOperation(operation: ExplainableOperation): operation is RangeOperation {
  return rangeOperations.some((each) => each === operation)
}

/** Answer of `GET /v1/explain?op=read&key=...&key=...`: where such a request would go now, without running it. */
export interface Explanation {
  readonly operation: ExplainableOperation
  /** One for each `key` parameter, in that order. Of a scan, count or query: the prefix, if its `{tag}` names a bucket. */
  readonly keys: readonly ExplainedKey[]
  readonly plan: ExplainedPlan
  /** Anything else worth knowing, a sentence each. */
  readonly notes: readonly string[]
}

export interface ExplainedKey {
  /** As text; keys that are not UTF-8 have `keyBase64` instead. */
  readonly key?: string
  readonly keyBase64?: string
  /** Redis Cluster slot, 0..16383, and the bucket it lies in, 1..1000. */
  readonly slot: number
  readonly bucket: number
  /** The part of the key that is hashed: the text between `{` and `}`, or the whole key. */
  readonly tag: string
}

export interface ExplainedPlan {
  readonly steps: readonly ExplainedStep[]
  /** A `MergeKind` of `src/routing/plan.ts`. */
  readonly merge: string
  /** An `OnFailure` of `src/routing/plan.ts`. */
  readonly onFailure: string
  /** Why these steps: one sentence. */
  readonly reason: string
}

export interface ExplainedStep {
  readonly shard: number
  /** `writer` or `reader`. */
  readonly role: string
  /** Candidate nodes, best first. */
  readonly nodes: readonly string[]
  /** Indexes into `keys` of what this step carries; left out where it carries everything. */
  readonly keys?: readonly number[]
}
