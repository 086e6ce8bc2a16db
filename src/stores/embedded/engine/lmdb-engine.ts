import { statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkChanges } from './apply-rules.ts'
import { copyBytes } from './copy-bytes.ts'
import { type Change, type Engine, recordSpace, type Space, type Visit, type WalkRange } from './engine.ts'
import { type LmdbRoot, openLmdb } from './lmdb-binding.ts'
import { checkLmdbFile, checkOpens } from './lmdb-file.ts'
import { LmdbSpace } from './lmdb-space.ts'

export interface LmdbSettings {
  /** Created if it does not exist; nothing else may be in it. */
  readonly directory: string
  /** Address space reserved for the file. It grows by itself, but each growth maps the file once more. */
  readonly mapBytes?: number
  /**
   * No other engine is asked between a look-up in this one and the use of what it found, which spares a copy: lmdb-js
   * reads into one buffer, whatever the file.
   */
  readonly alone?: boolean
}

/** Address space costs nothing until it is used. */
const defaultMapBytes = 64 * 2 ** 30
const dataFile = 'data.mdb'
const lockFile = 'lock.mdb'
const markKey = Buffer.from('headgate-mark')
const notOpen = 'the lmdb engine is not open'
const noBytes = new Uint8Array(0)
/** Values up to this length are kept in a buffer that is reused. */
const longestKeptBytes = 2 ** 20
const firstOwnBytes = 4096

/**
 * The engine on lmdb-js. Reads are synchronous, straight from the memory map. A transaction is one `batch` of queued
 * puts, which lmdb-js executes on a thread of its own and, with `overlappingSync` off, commits in LMDB's own order:
 * pages, fdatasync, then the page that points at them, written through. `docs/decisions/0002-lmdb-settings.md` says why.
 */
export class LmdbEngine implements Engine {
  readonly name = 'lmdb'
  readonly durable = true
  readonly syncReads = true
  readonly #settings: LmdbSettings
  readonly #shared: boolean
  readonly #spaces = [new LmdbSpace(), new LmdbSpace()] as const
  readonly #marks = new LmdbSpace()
  #root: LmdbRoot | undefined
  #applying = false
  /** Ends with the last of the flushes that were asked for. */
  #flushes: Promise<unknown> = Promise.resolve()
  /** Holds the value found last while another engine could overwrite the shared buffer. */
  #own: Uint8Array = noBytes

  bytes: Uint8Array = noBytes
  readonly start = 0
  end = 0

  constructor(settings: LmdbSettings) {
    this.#settings = settings
    this.#shared = settings.alone !== true
  }

  async open(): Promise<Uint8Array | undefined> {
    const { directory, mapBytes } = this.#settings
    await mkdir(directory, { recursive: true })
    for (const name of [dataFile, lockFile]) checkOpens(join(directory, name))
    checkLmdbFile(join(directory, dataFile), remedyFor(directory))
    const { keyEncoder, encoder } = this.#marks
    const root = openLmdb(directory, {
      noSubdir: false,
      overlappingSync: false,
      eventTurnBatching: false,
      mapSize: mapBytes ?? defaultMapBytes,
      keyEncoder,
      encoder,
    })
    this.#root = root
    this.#marks.database = root
    for (const [place, space] of this.#spaces.entries()) {
      space.database = root.openDB(place === recordSpace ? 'records' : 'system', space)
    }
    const mark = this.#marks.find(markKey)
    return mark === undefined ? undefined : Uint8Array.from(mark.subarray(0, this.#marks.size))
  }

  find(space: Space, key: Uint8Array): boolean {
    const home = this.#spaces[space]
    const found = home.find(key)
    if (found === undefined) return false
    this.bytes = found
    this.end = home.size
    if (this.#shared) this.#keep(found)
    return true
  }

  async fetch(space: Space, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    const home = this.#spaces[space]
    return keys.map((key) => {
      const found = home.find(key)
      return found === undefined ? undefined : Uint8Array.prototype.slice.call(found, 0, home.size)
    })
  }

  async apply(changes: readonly Change[], mark: Uint8Array): Promise<void> {
    checkChanges(changes)
    if (this.#applying) throw new Error('apply was called while another one was under way')
    this.#applying = true
    try {
      await this.#opened.batch(() => {
        for (const { space, key, value } of changes) {
          const { database } = this.#spaces[space]
          if (value === undefined) database.remove(key)
          else database.put(key, value)
        }
        this.#marks.database.put(markKey, mark)
      })
    } catch (error) {
      throw await causeOf(error)
    } finally {
      this.#applying = false
      this.#root?.resetReadTxn()
    }
  }

  flushed(): Promise<void> {
    const flush = new Promise<void>((resolve, reject) => {
      this.#opened.sync((error) => (error === undefined ? resolve() : reject(error)))
    })
    this.#flushes = Promise.allSettled([this.#flushes, flush])
    return flush
  }

  walk(range: WalkRange, visit: Visit): undefined {
    this.#spaces[range.space].walk(range, visit)
  }

  count(): { keys: number; exact: boolean } {
    if (this.#root === undefined) throw new Error(notOpen)
    const { database } = this.#spaces[recordSpace]
    database.ensureReadTxn()
    return { keys: database.db.stat().entryCount, exact: true }
  }

  sizeBytes(): number {
    if (this.#root === undefined) throw new Error(notOpen)
    return statSync(join(this.#settings.directory, dataFile)).size
  }

  async close(): Promise<void> {
    const root = this.#root
    if (root === undefined) return
    this.#root = undefined
    // lmdb-js would sync an environment that is gone: a SIGSEGV, without a word of why the store was closed.
    await this.#flushes
    await root.close()
  }

  get #opened(): LmdbRoot {
    if (this.#root === undefined) throw new Error(notOpen)
    return this.#root
  }

  #keep(found: Uint8Array): void {
    const { end } = this
    if (end > longestKeptBytes) {
      this.bytes = Buffer.from(found.subarray(0, end))
      return
    }
    if (this.#own.length < end) this.#own = Buffer.allocUnsafeSlow(Math.max(firstOwnBytes, end * 2))
    copyBytes(this.#own, 0, found, 0, end)
    this.bytes = this.#own
  }
}

function remedyFor(directory: string): string {
  return (
    'Restore a backup; or, with store.durability group, move ' +
    `${directory} elsewhere and start again: where the log still begins with the first entry the engine is made anew from ` +
    'it, and where it does not the start is refused again and nothing is lost'
  )
}

/** lmdb-js rejects with "Commit failed" and a promise that rejects with what really happened. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> }
  return commitError === undefined
    ? error
    : commitError.then(
        () => error,
        (cause: unknown) => new Error(`the transaction was not applied: ${(cause as Error).message}`, { cause }),
      )
}
