import type { Body, KeysBody, PointBody } from '../../operation/body.ts'
import type { Operation } from '../../operation/operation.ts'
import { type Engine, recordSpace, type Space, systemSpace } from './engine/engine.ts'
import type { FetchedValues } from './logged-workspace.ts'
import { DecodedRecord } from './record-codec.ts'
import { outcomeKey, tombstoneKey } from './system-keys.ts'

/** Keys in one read of the engine, which answers with all their values at once. */
const keysPerRead = { least: 8, most: 64 }

/** What an operation will look at. */
export interface Needs {
  readonly records: readonly Uint8Array[]
  /** Records of which everything but the value is looked at. */
  readonly heads: readonly Uint8Array[]
  readonly system: readonly Uint8Array[]
}

const nothing: Needs = { records: [], heads: [], system: [] }

/** Called when it has been read; `complete` is false if its records hold too much, and then it must not look at them. */
type Execute = (complete: boolean) => void

interface Waiting {
  readonly needs: Needs
  readonly execute: Execute
}

/** Walks that began between two calls of `settled`. */
interface WalkGroup {
  walks: number
  ended: (() => void) | undefined
}

export interface ReadAheadSettings {
  /** Values of records that one operation may look at. */
  readonly mergeBudgetBytes: number
  readonly maxValueBytes: number
}

export function needsOf(body: Body, operation: Operation): Needs {
  const { records, heads } = recordsOf(body)
  const system = leasesOf(body).map(tombstoneKey)
  if (operation.idempotency !== undefined) system.push(outcomeKey(operation.idempotency.scope))
  return records.length + heads.length + system.length === 0 ? nothing : { records, heads, system }
}

/** What the next keys of a list need. */
export function needsOfKeys(kind: KeysBody['kind'], keys: readonly Uint8Array[]): Needs {
  return kind === 'get-many' ? { ...nothing, records: keys } : { ...nothing, heads: keys }
}

function recordsOf(body: Body): Omit<Needs, 'system'> {
  switch (body.kind) {
    case 'get':
    case 'put':
    case 'delete':
    case 'modify':
      return looksAtValue(body) ? { records: [body.key], heads: [] } : { records: [], heads: [body.key] }
    case 'get-many':
    case 'delete-many':
    case 'exists-many':
      return needsOfKeys(body.kind, body.keys)
    case 'lease-drop':
      return { records: [], heads: body.keys }
    case 'batch': {
      const keysOf = (values: boolean) =>
        body.operations.filter((each) => looksAtValue(each) === values).map((each) => each.key)
      return { records: keysOf(true), heads: [...keysOf(false), ...(body.watches ?? []).map((each) => each.key)] }
    }
    default:
      return nothing
  }
}

/** Conditions and expiry are in the header; who asks how large a value is needs it, too. */
function looksAtValue(body: PointBody): boolean {
  return body.kind === 'put' || body.kind === 'delete' ? body.returnPrevious === true : true
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
 * overlay (`settled`), so that what was read and the overlay together are always the newest state. Operations on few keys
 * share a read; one on many is read alone, in pieces, and ends when the values it has come to exceed its budget.
 */
export class ReadAhead implements FetchedValues {
  readonly #engine: Engine
  readonly #onFailed: (error: Error) => void
  readonly #budgetBytes: number
  readonly #keysPerRead: number
  readonly #queue: Waiting[] = []
  readonly #values = [new Map<string, Uint8Array | undefined>(), new Map<string, Uint8Array | undefined>()] as const
  readonly #record = new DecodedRecord()
  #reading: Promise<void> | undefined
  #group: WalkGroup = { walks: 0, ended: undefined }

  constructor(engine: Engine, settings: ReadAheadSettings, onFailed: (error: Error) => void) {
    const { mergeBudgetBytes, maxValueBytes } = settings
    this.#engine = engine
    this.#onFailed = onFailed
    this.#budgetBytes = mergeBudgetBytes
    const fitting = Math.floor((2 * mergeBudgetBytes) / maxValueBytes)
    this.#keysPerRead = Math.max(keysPerRead.least, Math.min(keysPerRead.most, fitting))
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
  queue(needs: Needs, execute: Execute): void {
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
    let complete = true
    try {
      complete = await this.#readRecords(batch)
      if (complete) await this.#readSystem(batch)
    } catch (error) {
      this.#onFailed(error as Error)
    }
    for (const { execute } of batch) execute(complete)
    for (const values of this.#values) values.clear()
    this.#reading = this.#queue.length > 0 ? this.#readAll() : undefined
  }

  #takeBatch(): Waiting[] {
    let keys = 0
    let count = 0
    for (const { needs } of this.#queue) {
      keys += needs.records.length + needs.heads.length + needs.system.length
      if (count > 0 && keys > this.#keysPerRead) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #readSystem(batch: readonly Waiting[]): Promise<void> {
    const keys = batch.flatMap(({ needs }) => needs.system)
    for (let from = 0; from < keys.length; from += this.#keysPerRead) {
      const piece = keys.slice(from, from + this.#keysPerRead)
      const found = await this.#engine.fetch(systemSpace, piece)
      for (const [place, key] of piece.entries()) this.#values[systemSpace].set(keyText(key), found[place])
    }
  }

  /** Each key once, in pieces. False if they hold too much; who shares a read fits into one piece, and never does. */
  async #readRecords(batch: readonly Waiting[]): Promise<boolean> {
    const wanted = wantedBy(batch)
    let heldBytes = 0
    for (let from = 0; from < wanted.length; from += this.#keysPerRead) {
      if (heldBytes > this.#budgetBytes) return false
      const piece = wanted.slice(from, from + this.#keysPerRead)
      const found = await this.#engine.fetch(
        recordSpace,
        piece.map(({ key }) => key),
      )
      for (const [place, { text, value }] of piece.entries()) {
        const there = found[place]
        const kept = there === undefined || value ? there : this.#headOf(there)
        this.#values[recordSpace].set(text, kept)
        heldBytes += kept?.length ?? 0
      }
    }
    return true
  }

  /** A copy of the record without its value, so that the rest may be forgotten. */
  #headOf(stored: Uint8Array): Uint8Array {
    const { valueStart } = this.#record.decode(stored, 0, stored.length)
    return Uint8Array.prototype.slice.call(stored, 0, valueStart)
  }
}

interface Wanted {
  readonly text: string
  readonly key: Uint8Array
  /** Whether somebody looks at the value. */
  value: boolean
}

function wantedBy(batch: readonly Waiting[]): Wanted[] {
  const wanted = new Map<string, Wanted>()
  const add = (key: Uint8Array, value: boolean): void => {
    const text = keyText(key)
    const known = wanted.get(text)
    if (known === undefined) wanted.set(text, { text, key, value })
    else known.value ||= value
  }
  for (const { needs } of batch) {
    for (const key of needs.records) add(key, true)
    for (const key of needs.heads) add(key, false)
  }
  return [...wanted.values()]
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).latin1Slice()
}
