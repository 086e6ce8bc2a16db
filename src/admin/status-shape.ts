/**
 * What `GET /v1/status` on the admin port answers. The admin routes write it, `headgate status` and the dashboard read
 * it. Fields are added, never renamed. All members are plain JSON; counts are whole numbers; times end in their unit.
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
