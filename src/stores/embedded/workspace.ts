import type { Space } from './engine/engine.ts'

/**
 * What the evaluation of one operation sees and changes: the newest state of the shard, and the log entry being built.
 * Effects become visible to `find` as they are made, and are taken back together if the entry is abandoned.
 */
export interface Workspace {
  /**
   * Looks a key up. If it is there, `bytes[start..end)` is its value until the next call of `find`. `foundIndex` is the
   * entry that wrote (or removed) it if the engine does not have that yet, else 0.
   */
  find(space: Space, key: Uint8Array): boolean
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly foundIndex: number

  readonly epoch: number
  /** Index of the entry being built, or of the next one. */
  readonly nextIndex: number
  /** Everything up to here is durable and may be shown. */
  readonly durableIndex: number

  /** Set before an entry that may be abandoned: taking back costs remembering what each effect replaced. */
  undoable: boolean
  beginEntry(): void
  /** Starts an effect; its value is written to `target` at the offset answered, before `sealEffect`. */
  put(space: Space, key: Uint8Array, valueBytes: number): number
  readonly target: Buffer
  sealEffect(): void
  remove(space: Space, key: Uint8Array): void
  /** Completes the entry; answers its index. */
  endEntry(): number
  /** Takes all effects of the entry back; only with `undoable`. */
  abandonEntry(): void
}
