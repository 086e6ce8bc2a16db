/**
 * How many requests may be in flight at one shard and role: a number that may change with what is observed, apart from
 * the `Limiter`, which hands out permits (as in Netflix' concurrency-limits).
 */
export interface Limit {
  readonly permits: number
  /** One request ended; called for a sample of them. `failed`: the store, not the client, was the reason. */
  observe(serviceMs: number, inFlight: number, failed: boolean): void
}
