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

/** Walks that began between two calls of `settled`. */
interface WalkGroup {
  walks: number
  ended: (() => void) | undefined
}

export function needsOf(body: Body, operation: Operation): Needs {
  const records = recordsOf(body)
  const system = leasesOf(body).map(tombstoneKey)
  if (operation.idempotency !== undefined) system.push(outcomeKey(operation.idempotency.scope))
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

/** Leases whose tombstones matter. */
function leasesOf(body: Body): number[] {
  if (body.kind === 'batch') return body.operations.flatMap(leasesOf)
  if (body.kind === 'lease-drop') return [body.id]
  return body.kind === 'put' && body.lease !== 0 ? [body.lease] : []
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
  readonly #values = [new Map<string, Uint8Array | undefined>(), new Map<string, Uint8Array | undefined>()] as const
  #reading: Promise<void> | undefined
  #group: WalkGroup = { walks: 0, ended: undefined }

  constructor(engine: Engine, onFailed: (error: Error) => void) {
    this.#engine = engine
    this.#onFailed = onFailed
  }

  /** The value the engine had. Throws for a key that was not read: to take it for absent would lose a record. */
  find(space: Space, key: Uint8Array): Uint8Array | undefined {
    const text = keyText(key)
    const value = this.#values[space].get(text)
    if (value === undefined && !this.#values[space].has(text)) throw new Error('a key was looked up that was not read')
    return value
  }

  /** Whether work with such needs may run at once: nothing to read, and nothing waiting that it has to stay behind. */
  isFree(needs: Needs): boolean {
    return needs === nothing && this.#reading === undefined
  }

  /** Runs `execute` once what it needs has been read, behind everything queued before. */
  queue(needs: Needs, execute: () => void): void {
    this.#queue.push({ needs, execute })
    this.#reading ??= this.#readAll()
  }

  /** Resolves when everything queued has run. */
  async idle(): Promise<void> {
    while (this.#reading !== undefined) await this.#reading
  }

  /** Resolves when no read or walk that began before this call is under way. One call at a time. */
  async settled(): Promise<void> {
    const group = this.#group
    this.#group = { walks: 0, ended: undefined }
    if (this.#reading !== undefined) await this.#reading
    if (group.walks > 0) await new Promise<void>((resolve) => (group.ended = resolve))
  }

  /** Brackets one step of a walk, which may span turns of the event loop. */
  async walking<T>(step: Promise<T> | T): Promise<T> {
    const group = this.#group
    group.walks += 1
    try {
      return await step
    } finally {
      group.walks -= 1
      if (group.walks === 0) group.ended?.()
    }
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
    for (const [place, key] of keys.entries()) this.#values[space].set(keyText(key), found[place])
  }
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).latin1Slice()
}
