import type { BodyKind } from '../operation/body.ts'
import type { Target } from '../routing/plan.ts'

/** Told of a sample of requests: of those that arrived at about the same time, the first. */
export interface ExecutionObserver {
  /** One request (or a shard's part of one) was answered by a store, `waitedMs` after it came to the queue. */
  answered(kind: BodyKind, target: Target, waitedMs: number, storeMs: number): void
}
