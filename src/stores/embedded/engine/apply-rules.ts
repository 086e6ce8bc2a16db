import type { Change } from './engine.ts'

export const maxKeyBytes = 1100
export const maxChanges = 1024

/**
 * Throws if `changes` break the contract of `Engine.apply`. All of them are looked at before the first one is handed to
 * an engine, so that a mistake never leaves half a transaction behind.
 */
export function checkChanges(changes: readonly Change[]): void {
  if (changes.length > maxChanges) throw new RangeError(`${changes.length} changes in one transaction`)
  for (const { key } of changes) {
    if (key.length === 0 || key.length > maxKeyBytes) throw new RangeError(`a key of ${key.length} bytes`)
  }
}
