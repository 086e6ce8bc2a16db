/** Key spaces of an engine: user records, and Headgate's own book-keeping (expiry index, leases, outcomes). */
export const recordSpace = 0
export const systemSpace = 1
export type Space = typeof recordSpace | typeof systemSpace

/** One effect on an engine. `value` undefined removes the key. */
export interface Change {
  readonly space: Space
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** Bounds of 0 to 1,101 bytes (a key and one byte more); `undefined` is open. */
export interface WalkRange {
  readonly space: Space
  readonly lower: Uint8Array | undefined
  readonly lowerInclusive: boolean
  readonly upper: Uint8Array | undefined
  readonly upperInclusive: boolean
  readonly reverse: boolean
  /** False: the visitor does not look at values, which may then be empty. */
  readonly values: boolean
  /** Keys to visit at most. */
  readonly limit: number
}

/** Sees one key; the views are valid only during the call, which may not call the engine. Returns false to stop. */
export type Visit = (key: Uint8Array, value: Uint8Array, start: number, end: number) => boolean

/**
 * An ordered map of bytes under one shard, applied to in transactions. Keys are 1..1100 bytes, ordered as unsigned bytes.
 * An engine never undoes: only committed entries reach it. Every implementation passes `test/contract/engine`.
 */
export interface Engine {
  readonly name: 'lmdb' | 'rocksdb' | 'memory'
  readonly durable: boolean
  /** Whether `find` and `walk` answer at once. If not, `fetch` must come before `find`. */
  readonly syncReads: boolean

  /** Opens or creates the files; answers the mark of the last transaction that is in them, undefined for a new engine. */
  open(): Promise<Uint8Array | undefined>

  /**
   * Looks a key up in what has been applied. If it is there, `bytes[start..end)` is its value until the next call of any
   * method, and at most until control goes back to the event loop. No allocation. Only with `syncReads`.
   */
  find(space: Space, key: Uint8Array): boolean
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number

  /**
   * Looks several keys up; `found[i]` is the value of `keys[i]`, owned by the receiver. Also for engines without
   * `syncReads`, where one call is one batch.
   */
  fetch(space: Space, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>

  /**
   * Applies at most 1,024 changes and the new mark in one transaction; of several changes of one key the last one counts.
   * Resolves once reads see them; they are on disk when `flushed` says so. Byte arrays stay untouched by the caller
   * until it resolves. One call at a time. Rejects, with nothing applied, if the disk fails.
   */
  apply(changes: readonly Change[], mark: Uint8Array): Promise<void>

  /** Resolves once everything applied so far survives a power cut. */
  flushed(): Promise<void>

  /**
   * Visits keys in order, as of one moment. With `syncReads` it has finished when the call returns (and answers
   * undefined), except that `memory` answers a promise while it builds its key order after the first walk.
   */
  walk(range: WalkRange, visit: Visit): undefined | Promise<void>

  /** Number of keys in the record space, as applied. O(1) where the engine knows; else an estimate with `exact: false`. */
  count(): { readonly keys: number; readonly exact: boolean }

  /** Bytes on disk (or in memory, for `memory`) used for the data. */
  sizeBytes(): number

  close(): Promise<void>
}

/** An engine without files, written to directly, with no transaction around a single change. */
export interface VolatileEngine extends Engine {
  put(space: Space, key: Uint8Array, value: Uint8Array, start: number, end: number): void
  remove(space: Space, key: Uint8Array): boolean
}
