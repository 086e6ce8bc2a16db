import type { Body } from '../operation/body.ts'
import type { Handler, Operation } from '../operation/operation.ts'

/** What a store can do; the conformance suite (`test/contract/store`) goes by it. */
export interface StoreCapabilities {
  /** Body kinds it executes. */
  readonly bodies: ReadonlySet<Body['kind']>
  /** Survives a crash of the process. */
  readonly durable: boolean
  /** Reads of one key answer before `dispatch` returns, unless they have to wait for a commit. */
  readonly immediateReads: boolean
}

/** One multiplexed conversation with one node of a shard. */
export interface Session {
  /**
   * Executes `body` (the operation's own or a shard's part of it). The handler is called exactly once. Returns false
   * when the session is so busy, or will be with this operation, that callers should hold back.
   */
  dispatch(body: Body, operation: Operation, handler: Handler): boolean
  /** False while a write would have to wait for the backlog of unapplied writes to shrink. */
  readonly writable: boolean
  /** Called whenever `writable` turns true. */
  onWritable(listener: () => void): void
  /** `dispatch` threw: what the session holds can be trusted no longer. Answers what waits; serves nothing any more. */
  fail?(error: Error): void
}

export interface Store {
  readonly capabilities: StoreCapabilities
  open(): Promise<void>
  session(shard: number, node: string): Session
  /** Finishes what was dispatched, then closes. */
  close(): Promise<void>
}
