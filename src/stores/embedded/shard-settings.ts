/** What one embedded shard needs to know; sizes in bytes, times in milliseconds. */
export interface ShardSettings {
  readonly shard: number
  readonly history: number
  readonly epoch: number
  readonly engine: 'lmdb' | 'rocksdb' | 'memory'
  readonly durability: 'group' | 'os'
  readonly dataDirectory: string
  readonly segmentBytes: number
  /** Committed and not yet applied: above this writes wait. */
  readonly backlogBytes: number
  readonly maxValueBytes: number
  /** Memory one query may hold in this shard. */
  readonly mergeBudgetBytes: number
  readonly idempotencyTtlMs: number
  readonly idempotencyEntries: number
  readonly maxLeases: number
}
