import type { BatchBody, Body, BodyKind, PutBody } from '../operation/body.ts'
import type { MergeKind, NodeRole } from './plan.ts'

/** To the shard of `key`. */
export interface ByKey {
  readonly by: 'key'
}

/** As by key; with a lease, that is told first. */
export interface ByPut {
  readonly by: 'put'
}

/** Each shard gets the keys it owns. */
export interface ByKeys {
  readonly by: 'keys'
  readonly merge: MergeKind
}

/** Each shard gets the operations on keys it owns; an atomic batch is not divided. */
export interface ByBatch {
  readonly by: 'batch'
}

/** To the leader of the shard where the lease lives: it keeps the clock. */
export interface ByLease {
  readonly by: 'lease'
}

export interface ByRevocation {
  readonly by: 'revocation'
}

/** Every shard gets the whole body, unless its range lies in one bucket. */
export interface Everywhere {
  readonly by: 'everywhere'
  readonly merge: MergeKind
  readonly role: NodeRole
  /** An answer without some shards is still of use to a client that allows it. */
  readonly divisible: boolean
}

/** Only what a body has can divide it: checked by the compiler. */
type SplitOf<B extends Body> =
  | Everywhere
  | (B extends PutBody ? ByPut : B extends { readonly key: Uint8Array } ? ByKey : never)
  | (B extends { readonly keys: readonly Uint8Array[] } ? ByKeys : never)
  | (B extends BatchBody ? ByBatch : never)
  | (B extends { readonly id: number } ? ByLease : never)
  | (B extends { readonly kind: 'lease-revoke' } ? ByRevocation : never)

/** How each body is divided over shards, and how the parts of the answer become one. */
export const splits = {
  get: { by: 'key' },
  put: { by: 'put' },
  delete: { by: 'key' },
  modify: { by: 'key' },
  'get-many': { by: 'keys', merge: 'records' },
  'delete-many': { by: 'keys', merge: 'sum' },
  'exists-many': { by: 'keys', merge: 'sum' },
  scan: { by: 'everywhere', merge: 'ordered', role: 'reader', divisible: true },
  count: { by: 'everywhere', merge: 'sum', role: 'reader', divisible: true },
  size: { by: 'everywhere', merge: 'sum', role: 'reader', divisible: true },
  'random-key': { by: 'everywhere', merge: 'any', role: 'reader', divisible: false },
  query: { by: 'everywhere', merge: 'query', role: 'reader', divisible: true },
  batch: { by: 'batch' },
  'lease-grant': { by: 'lease' },
  'lease-keepalive': { by: 'lease' },
  'lease-get': { by: 'lease' },
  'lease-list': { by: 'everywhere', merge: 'leases', role: 'writer', divisible: false },
  'lease-revoke': { by: 'revocation' },
  'lease-attach': { by: 'lease' },
  'lease-close': { by: 'lease' },
  'lease-drop': { by: 'keys', merge: 'sum' },
  'lease-forget': { by: 'lease' },
} as const satisfies { readonly [K in BodyKind]: SplitOf<Extract<Body, { kind: K }>> }
