import type { Body } from '../../operation/body.ts'
import type { Operation } from '../../operation/operation.ts'
import { type Engine, recordSpace, type Space, systemSpace } from './engine/engine.ts'
import type { FetchedValues } from './logged-workspace.ts'
import { outcomeKey, tombstoneKey } from './system-keys.ts'

/** Keys in one read of the engine; an operation with more is read alone. */
const maxKeysPerRead = 512

/** What an operation will look at. */
export interface Needs {
  readonly records: readonly Uint8Array[]
  readonly system: readonly Uint8Array[]
}

const nothing: Needs = { records: [], system: [] }

interface Waiting {
  readonly needs: Needs
  readonly execute: () => void
}

export function needsOf(body: Body, operation: Operation): Needs {
  const records = recordsOf(body)
  const system: Uint8Array[] = []
  if (operation.idempotency !== undefined) system.push(outcomeKey(operation.idempotency.scope))
  if (body.kind === 'put' && body.lease !== 0) system.push(tombstoneKey(body.lease))
  if (body.kind === 'lease-drop') system.push(tombstoneKey(body.id))
  return records.length === 0 && system.length === 0 ? nothing : { records, system }
}

function recordsOf(body: Body): readonly Uint8Array[] {
  switch (body.kind) {
    case 'get':
    case 'put':
    case 'delete':
    case 'modify':
      return [body.key]
    case 'get-many':
    case 'delete-many':
    case 'exists-many':
    case 'lease-drop':
      return body.keys
    case 'batch':
      return [...body.operations.map((each) => each.key), ...(body.watches ?? []).map((each) => each.key)]
    default:
      return []
  }
}

/**
 * Reads ahead for an engine that cannot answer at once: operations wait in order while what they will look at is read in
 * one batch, and are then evaluated one after the other in one turn. While a read is under way effects stay in the
 * overlay (`settled`), so that what was read and the overlay together are always the newest state.
 */
export class ReadAhead implements FetchedValues {
  readonly #engine: Engine
  readonly #onFailed: (error: Error) => void
  readonly #queue: Waiting[] = []
  readonly #values = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()] as const
  #reading: Promise<void> | undefined
  #walks = 0
  #waiters: (() => void)[] = []

  constructor(engine: Engine, onFailed: (error: Error) => void) {
    this.#engine = engine
    this.#onFailed = onFailed
  }

  find(space: Space, key: Uint8Array): Uint8Array | undefined {
    return this.#values[space].get(keyText(key))
  }

  /** Queues the work if it needs the engine or has to stay behind work that does; `execute` then runs it. */
  mustWait(needs: Needs, execute: () => void): boolean {
    if (needs === nothing && this.#queue.length === 0) return false
    this.#queue.push({ needs, execute })
    this.#reading ??= this.#readAll()
    return true
  }

  /** Resolves when no read or walk that began before this call is under way. */
  async settled(): Promise<void> {
    if (this.#reading !== undefined) await this.#reading
    if (this.#walks > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Brackets one step of a walk, which may span turns of the event loop. */
  enterWalk(): void {
    this.#walks += 1
  }

  leaveWalk(): void {
    this.#walks -= 1
    if (this.#walks > 0) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }

  async #readAll(): Promise<void> {
    const batch = this.#takeBatch()
    try {
      await this.#read(recordSpace, batch)
      await this.#read(systemSpace, batch)
    } catch (error) {
      this.#onFailed(error as Error)
    }
    for (const { execute } of batch) execute()
    for (const values of this.#values) values.clear()
    this.#reading = this.#queue.length > 0 ? this.#readAll() : undefined
  }

  #takeBatch(): Waiting[] {
    let keys = 0
    let count = 0
    for (const { needs } of this.#queue) {
      keys += needs.records.length + needs.system.length
      if (count > 0 && keys > maxKeysPerRead) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #read(space: Space, batch: readonly Waiting[]): Promise<void> {
    const keys = batch.flatMap(({ needs }) => (space === recordSpace ? needs.records : needs.system))
    if (keys.length === 0) return
    const found = await this.#engine.fetch(space, keys)
    for (const [place, key] of keys.entries()) {
      const value = found[place]
      if (value !== undefined) this.#values[space].set(keyText(key), value)
    }
  }
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).latin1Slice()
}
