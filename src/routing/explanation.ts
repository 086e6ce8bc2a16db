/** Of those that `headgate explain` can ask about, the ones over a range: their one key, if there is any, is a prefix. */
export const rangeOperations = ['scan', 'count', 'query'] as const
export type RangeOperation = (typeof rangeOperations)[number]

/** The operations `headgate explain` can ask about (`?op=`). */
export const explainableOperations = ['read', 'write', ...rangeOperations] as const
export type ExplainableOperation = (typeof explainableOperations)[number]

export function isRangeOperation(operation: ExplainableOperation): operation is RangeOperation {
  return rangeOperations.some((each) => each === operation)
}

/**
 * Where such a request would go now, without running it: what `GET /v1/explain?op=read&key=...&key=...` answers. Fields
 * are added, never renamed; all members are plain JSON.
 */
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
