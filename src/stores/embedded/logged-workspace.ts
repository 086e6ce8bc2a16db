import type { Engine, Space } from './engine/engine.ts'
import { effectHeaderBytes } from './log/block.ts'
import type { LogWriter } from './log/log-writer.ts'
import type { SlabQueue } from './log/slab.ts'
import type { Overlay } from './overlay.ts'
import type { Workspace } from './workspace.ts'

const noBytes = new Uint8Array(0)

/** Values read ahead for an engine that cannot answer at once. */
export interface FetchedValues {
  find(space: Space, key: Uint8Array): Uint8Array | undefined
}

/** The workspace of a shard with a log: newest effects in the overlay, older state in the engine. */
export class LoggedWorkspace implements Workspace {
  readonly #engine: Engine
  readonly #overlay: Overlay
  readonly #log: LogWriter
  readonly #slabs: SlabQueue
  readonly #fetched: FetchedValues | undefined
  /** Of each effect of the entry being built: the key and the ref it replaced. */
  readonly #undo: { space: Space; key: Uint8Array; replaced: number }[] = []
  #firstOfEntry = 0
  #pendingSpace: Space = 0
  #pendingKey: Uint8Array = noBytes
  #pendingOffset = 0

  undoable = false
  bytes: Uint8Array = noBytes
  start = 0
  end = 0
  foundIndex = 0
  durableIndex = 0

  constructor(engine: Engine, overlay: Overlay, log: LogWriter, slabs: SlabQueue, fetched: FetchedValues | undefined) {
    this.#engine = engine
    this.#overlay = overlay
    this.#log = log
    this.#slabs = slabs
    this.#fetched = fetched
  }

  get epoch(): number {
    return this.#log.epoch
  }

  get nextIndex(): number {
    return this.#log.nextIndex
  }

  get target(): Buffer {
    return this.#log.slab.bytes
  }

  find(space: Space, key: Uint8Array): boolean {
    const overlay = this.#overlay
    const ref = overlay.size === 0 ? -1 : overlay.find(space, key)
    if (ref < 0) return this.#findInEngine(space, key)
    this.foundIndex = overlay.indexAt(ref)
    if (overlay.removesAt(ref)) return false
    this.bytes = overlay.slabAt(ref).bytes
    this.start = overlay.valueStartAt(ref)
    this.end = overlay.valueEndAt(ref)
    return true
  }

  beginEntry(): void {
    this.#log.beginEntry()
    this.#undo.length = 0
    this.#firstOfEntry = this.#overlay.tail
  }

  put(space: Space, key: Uint8Array, valueBytes: number): number {
    this.#makeRoom(key.length, valueBytes)
    this.#pendingSpace = space
    this.#pendingKey = key
    this.#pendingOffset = this.#log.addEffect(space, false, key, valueBytes)
    return this.#pendingOffset + effectHeaderBytes + key.length
  }

  sealEffect(): void {
    this.#push(this.#pendingSpace, this.#pendingKey, this.#pendingOffset)
    this.#pendingKey = noBytes
  }

  remove(space: Space, key: Uint8Array): void {
    this.#makeRoom(key.length, 0)
    this.#push(space, key, this.#log.addEffect(space, true, key, 0))
  }

  endEntry(): number {
    return this.#log.endEntry()
  }

  abandonEntry(): void {
    for (let i = this.#undo.length - 1; i >= 0; i--) {
      const { space, key, replaced } = this.#undo[i]!
      this.#overlay.pop(space, key, replaced)
    }
    this.#undo.length = 0
    this.#log.abandonEntry()
  }

  #findInEngine(space: Space, key: Uint8Array): boolean {
    this.foundIndex = 0
    if (this.#fetched === undefined) {
      const engine = this.#engine
      if (!engine.find(space, key)) return false
      this.bytes = engine.bytes
      this.start = engine.start
      this.end = engine.end
      return true
    }
    const value = this.#fetched.find(space, key)
    if (value === undefined) return false
    this.bytes = value
    this.start = 0
    this.end = value.length
    return true
  }

  #push(space: Space, key: Uint8Array, offset: number): void {
    const replaced = this.#overlay.push(this.#log.slab, offset, this.#log.nextIndex)
    if (this.undoable) this.#undo.push({ space, key, replaced })
  }

  #makeRoom(keyBytes: number, valueBytes: number): void {
    const delta = this.#log.ensureRoom(keyBytes, valueBytes)
    if (delta === undefined) return
    const left = this.#overlay.relocate(this.#firstOfEntry, this.#log.slab, delta)
    if (left !== undefined && left.live === 0) this.#slabs.giveBack(left)
  }
}
