import type { Space, VolatileEngine } from './engine/engine.ts'
import type { Workspace } from './workspace.ts'

const noBytes = new Uint8Array(0)
const firstTargetBytes = 4096

/** The workspace of a shard without a log: effects go straight into the engine, and are durable in no sense at once. */
export class VolatileWorkspace implements Workspace {
  readonly #engine: VolatileEngine
  /** Of each effect of the entry being built: the key, and the value it replaced. */
  readonly #undo: { space: Space; key: Uint8Array; value: Uint8Array | undefined }[] = []
  undoable = false
  #pendingSpace: Space = 0
  #pendingKey: Uint8Array = noBytes
  #pendingBytes = 0

  readonly epoch: number
  nextIndex = 1
  target = Buffer.allocUnsafeSlow(firstTargetBytes)
  readonly foundIndex = 0

  constructor(engine: VolatileEngine, epoch: number) {
    this.#engine = engine
    this.epoch = epoch
  }

  get durableIndex(): number {
    return this.nextIndex - 1
  }

  get bytes(): Uint8Array {
    return this.#engine.bytes
  }

  get start(): number {
    return this.#engine.start
  }

  get end(): number {
    return this.#engine.end
  }

  find(space: Space, key: Uint8Array): boolean {
    return this.#engine.find(space, key)
  }

  beginEntry(): void {
    this.#undo.length = 0
  }

  put(space: Space, key: Uint8Array, valueBytes: number): number {
    if (valueBytes > this.target.length) this.target = Buffer.allocUnsafeSlow(valueBytes * 2)
    this.#pendingSpace = space
    this.#pendingKey = key
    this.#pendingBytes = valueBytes
    return 0
  }

  sealEffect(): void {
    this.#remember(this.#pendingSpace, this.#pendingKey)
    this.#engine.put(this.#pendingSpace, this.#pendingKey, this.target, 0, this.#pendingBytes)
  }

  remove(space: Space, key: Uint8Array): void {
    this.#remember(space, key)
    this.#engine.remove(space, key)
  }

  endEntry(): number {
    return this.nextIndex++
  }

  abandonEntry(): void {
    for (let i = this.#undo.length - 1; i >= 0; i--) {
      const { space, key, value } = this.#undo[i]!
      if (value === undefined) this.#engine.remove(space, key)
      else this.#engine.put(space, key, value, 0, value.length)
    }
    this.#undo.length = 0
  }

  #remember(space: Space, key: Uint8Array): void {
    if (!this.undoable) return
    const engine = this.#engine
    const value = engine.find(space, key) ? Buffer.from(engine.bytes.subarray(engine.start, engine.end)) : undefined
    this.#undo.push({ space, key, value })
  }
}
