import type { Change } from './engine.ts'

/** Keys of the store's own hold a record's key and a little more. */
const maxEngineKeyBytes = 1100
/** Larger random batches fragment LMDB's free list (measured: commits of 64 went from 6 to 343 ms). */
export const maxChanges = 1024

/**
 * Throws if `changes` break the contract of `Engine.apply`. All of them are looked at before the first one is handed to
 * an engine, so that a mistake never leaves half a transaction behind.
 */
export function checkChanges(changes: readonly Change[]): void {
  if (changes.length > maxChanges) throw new RangeError(`${changes.length} changes in one transaction`)
  for (const { key } of changes) {
    if (key.length === 0 || key.length > maxEngineKeyBytes) throw new RangeError(`a key of ${key.length} bytes`)
  }
}
