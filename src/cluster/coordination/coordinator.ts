/**
 * Coordination: a small, strictly consistent key-value store that holds who leads what. The semantics are etcd v3's
 * (https://etcd.io/docs/v3.5/learning/api/), reduced to what API-compatible engines share: transactions, leases and
 * watches. It is control plane: no client request ever waits for it.
 *
 * Every change carries a revision from one counter for the whole store; all changes of one transaction share theirs.
 * Revision 1 is the empty store. Keys are 1..512 printable ASCII characters, so that string order is byte order.
 */
export interface Coordinator {
  readonly capabilities: CoordinatorCapabilities

  /** One key as of now. Linearizable. */
  get(key: string): Promise<GetResult>
  /** All keys that begin with `prefix` (which may be empty), in byte order, as of one revision. Linearizable. */
  range(prefix: string, options?: RangeOptions): Promise<RangeResult>

  /**
   * Applies `success` if every comparison holds, else `failure`, all or nothing. Operations run in order and see those
   * before them. A transaction that changes nothing leaves the revision alone.
   * @throws CoordinatorError with an `outcome`: after `unknown` the caller must count on both.
   */
  transact(transaction: Transaction): Promise<TransactionResult>

  /** Creates a lease that lasts at least `ttlMs`; the answer says how long it really is. */
  grant(ttlMs: number): Promise<Lease>
  /** Starts the lease's time anew. @throws CoordinatorError `lease-not-found` if it is gone. */
  keepAlive(id: LeaseId): Promise<Lease>
  /** Ends a lease and deletes its keys at one revision. @throws CoordinatorError `lease-not-found`. */
  revoke(id: LeaseId): Promise<void>
  /** What is left of a lease, or undefined if there is none. */
  timeToLive(id: LeaseId): Promise<LeaseStatus | undefined>

  /**
   * Delivers every change under `prefix` from `fromRevision` on (0: from now on), in order and without gaps. Returns
   * before the first call of `sink`.
   */
  watch(prefix: string, fromRevision: number, sink: WatchSink): Watch

  close(): Promise<void>
}

export interface CoordinatorCapabilities {
  /** Operations in one list of a transaction, and comparisons, at most. */
  readonly transactionOps: number
  /** Leases are rounded up to a multiple of this. */
  readonly leaseResolutionMs: number
  /** The shortest lease it grants. */
  readonly leaseMinMs: number
  /** Survives a restart of the process that holds the data. */
  readonly durable: boolean
}

export type LeaseId = string

export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array
  /** Revision at which the key last came into being. */
  readonly createRevision: number
  readonly modRevision: number
  /** Writes since it came into being; 1 at first. */
  readonly version: number
  readonly lease: LeaseId | undefined
}

/** `revision` is the store's, not the key's: a watch from `revision + 1` continues where the answer ends. */
export interface GetResult {
  readonly revision: number
  readonly item: KeyValue | undefined
}

export interface RangeOptions {
  /** At most this many items; unlimited if left out. */
  readonly limit?: number
}

export interface RangeResult {
  readonly revision: number
  readonly items: readonly KeyValue[]
  /** There are items beyond the limit. */
  readonly more: boolean
}

export type CompareOp = '=' | '!=' | '<' | '>'

/** An absent key has mod, create and version 0, and no value: a comparison of its value never holds. */
export type Compare =
  | { readonly key: string; readonly target: 'mod' | 'create' | 'version'; readonly op: CompareOp; readonly to: number }
  | { readonly key: string; readonly target: 'value'; readonly op: CompareOp; readonly to: Uint8Array }

/** A put without a lease detaches the key from the one it had. */
export type TransactionOp =
  | { readonly op: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: LeaseId }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'delete-range'; readonly prefix: string }
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'range'; readonly prefix: string; readonly limit?: number }

/** No list of operations puts a key twice, or puts and deletes it. */
export interface Transaction {
  readonly compare: readonly Compare[]
  readonly success: readonly TransactionOp[]
  readonly failure?: readonly TransactionOp[]
}

export type OpResponse =
  | { readonly op: 'put' }
  | { readonly op: 'delete' | 'delete-range'; readonly deleted: number }
  | { readonly op: 'get'; readonly item: KeyValue | undefined }
  | { readonly op: 'range'; readonly items: readonly KeyValue[]; readonly more: boolean }

export interface TransactionResult {
  readonly succeeded: boolean
  readonly revision: number
  /** One for each operation that ran. */
  readonly responses: readonly OpResponse[]
}

export interface Lease {
  readonly id: LeaseId
  readonly ttlMs: number
}

export interface LeaseStatus extends Lease {
  readonly remainingMs: number
  readonly keys: readonly string[]
}

export type WatchEvent =
  | { readonly type: 'put'; readonly item: KeyValue }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: number }

/** Calls never overlap and never throw. */
export interface WatchSink {
  /** The watched changes of one revision, all of them, in the order they were made. */
  onEvents(events: readonly WatchEvent[], revision: number): void
  /** The watch is over; called at most once, and not after `cancel`. */
  onEnd(end: WatchEnd): void
}

/**
 * - `compacted`: history no longer reaches back that far. Read the range and watch from its revision + 1;
 *   `compactRevision` is the oldest revision a watch could start from.
 * - `closed`: the coordinator was closed.
 */
export type WatchEnd = { readonly kind: 'compacted'; readonly compactRevision: number } | { readonly kind: 'closed' }

export interface Watch {
  /** No call of the sink follows. Idempotent. */
  cancel(): void
}

/**
 * - `invalid`: the call breaks a rule of the contract (bad key, too many operations, a key changed twice).
 * - `unavailable`: the store cannot answer now.
 * - `corrupt`: what is on disk is damaged; nothing may be decided from it.
 */
export type CoordinatorErrorCode = 'invalid' | 'lease-not-found' | 'unavailable' | 'corrupt' | 'closed'

export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode
  /** Of a change that failed: whether it may have been applied. */
  readonly outcome: 'not-applied' | 'unknown'

  constructor(code: CoordinatorErrorCode, message: string, outcome: 'not-applied' | 'unknown' = 'not-applied') {
    super(message)
    this.name = 'CoordinatorError'
    this.code = code
    this.outcome = outcome
  }
}
