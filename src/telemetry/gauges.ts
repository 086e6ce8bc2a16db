/** What other modules let themselves be asked when somebody scrapes. Counts never fall while the process lives. */
export interface ShardGauges {
  shards(): readonly ShardReading[]
}

export interface ShardReading {
  readonly shard: number
  readonly role: 'writer' | 'reader'
  readonly inFlight: number
  readonly queueLength: number
}

export interface QueryGauges {
  queries(): QueryReading
}

export interface QueryReading {
  /** What queries under way hold. */
  readonly heldBytes: number
  /** Pieces of work on queries that wait because of it. */
  readonly waiting: number
}

export interface StoreGauges {
  stores(): readonly StoreReading[]
}

/** One shard's log and engine. */
export interface StoreReading {
  readonly shard: number
  readonly commitIndex: number
  readonly appliedIndex: number
  readonly flushedIndex: number
  readonly backlogBytes: number
  readonly backlogEntries: number
  /** Since the start: fdatasync calls of the log, and the entries and bytes they made durable. */
  readonly logSyncs: number
  readonly logSyncedEntries: number
  readonly logSyncedBytes: number
  readonly engineBytes: number
  readonly records: number
  /** The engine counts its records; else `records` is an estimate. */
  readonly recordsExact: boolean
  readonly expiredRecords: number
  readonly leases: number
}

export interface ListenerGauges {
  listeners(): readonly ListenerReading[]
}

export interface ListenerReading {
  /** `http`, `resp` or `admin`. */
  readonly listener: string
  /** `host:port` as bound. */
  readonly address: string
  readonly open: number
  readonly accepted: number
  /** By `ConnectionRefusal` of the ingress. */
  readonly refused: Readonly<Record<string, number>>
  readonly bytesIn: number
  readonly bytesOut: number
  /** Of large answers that are being made, where they share a bound; and requests that wait for room there. */
  readonly answers?: { readonly heldBytes: number; readonly waiting: number }
}

export interface NodeGauges {
  readonly ready: boolean
  readonly coordinationOk: boolean
  readonly coordinationRevision: number
}
