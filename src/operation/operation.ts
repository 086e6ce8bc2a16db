import type { GatewayError } from '../errors.ts'
import type { Body } from './body.ts'
import type { Reply } from './reply.ts'
import type { Roles } from './roles.ts'
import type { Token } from './token.ts'

/** `stale`: any copy. `default`: bounded staleness, sees the client's own writes by token. `consistent`: linearizable. */
export type Consistency = 'stale' | 'default' | 'consistent'

export type Priority = 'critical' | 'normal' | 'sheddable' | 'batch'

/** Who asks: a configured client or the anonymous one. Rates and quotas hang on it. */
export interface Client {
  readonly name: string
  readonly roles: Roles
}

/** Where an answer goes. `gone` turns true when the connection closes: nobody waits any more. */
export interface Origin {
  readonly gone: boolean
}

/** Makes a write safe to repeat (`Idempotency-Key`). */
export interface Idempotency {
  /** 16 bytes: hash of client, method, path and key. */
  readonly scope: Uint8Array
  /** 16 bytes: hash of what was asked; another body under the same scope is a mismatch. */
  readonly fingerprint: Uint8Array
}

/** One request, the same for every protocol. Immutable once dispatched. Times are monotonic milliseconds. */
export interface Operation {
  readonly body: Body
  readonly client: Client
  readonly origin: Origin
  readonly consistency: Consistency
  /** `default` reads only: how old an answer may be. */
  readonly maxStalenessMs: number
  readonly token: Token | undefined
  readonly arrivedAt: number
  readonly deadline: number
  readonly priority: Priority
  readonly idempotency: Idempotency | undefined
  /** Answers with missing shards are acceptable, with a status for each shard. */
  readonly partial: boolean
  /** The ingress' own mark, to find the place of the answer. */
  readonly tag: number
}

/**
 * Receives the end of one operation: exactly one call, perhaps before `dispatch` returns. A reply's byte views are
 * valid only during the call. May dispatch further operations, must not throw.
 */
export interface Handler {
  /** Nobody waits for the answer any more: long work may end with an error of its choice, which is dropped. */
  readonly unwanted?: boolean
  onReply(operation: Operation, reply: Reply): void
  onError(operation: Operation, error: GatewayError): void
}

/**
 * The one contract between the steps of a request. Returns false when the operation had to wait: the caller should
 * stop reading from that client until its answer came (as in undici's Dispatcher).
 */
export interface Dispatcher {
  dispatch(operation: Operation, handler: Handler): boolean
}
