import { mkdir } from 'node:fs/promises'
import type RocksDB from 'rocksdb-native'
import { checkChanges } from './apply-rules.ts'
import type { Change, Engine, Space, Visit, WalkRange } from './engine.ts'

export interface RocksdbSettings {
  /** Created if it does not exist; nothing else may be in it. */
  readonly directory: string
}

/** In one column family, which a batch cannot leave, the first byte of a key tells the spaces and the mark apart. */
const markKey = Uint8Array.of(2)
const prefixBytes = 1
/** Entries read ahead by a walk; fewer with values, which may be large. */
const keysAhead = 256
const entriesAhead = 64
const noBytes = new Uint8Array(0)
const noValue = Buffer.alloc(0)

/**
 * The engine on RocksDB. All reads are asynchronous: one `fetch` is one batch. A transaction is one write batch, which
 * RocksDB puts into its own write-ahead log; `flushed` writes table files, which are synced.
 */
export class RocksdbEngine implements Engine {
  readonly name = 'rocksdb'
  readonly durable = true
  readonly syncReads = false
  readonly #settings: RocksdbSettings
  #database: RocksDB | undefined
  #applying = false
  #keys = 0
  #bytes = 0

  readonly bytes: Uint8Array = noBytes
  readonly start = 0
  readonly end = 0

  constructor(settings: RocksdbSettings) {
    this.#settings = settings
  }

  async open(): Promise<Uint8Array | undefined> {
    const Database = await loadRocksdb()
    await mkdir(this.#settings.directory, { recursive: true })
    const database = new Database(this.#settings.directory)
    await database.ready()
    this.#database = database
    await this.#estimate()
    const [mark] = await this.#read([markKey])
    return mark
  }

  find(): boolean {
    throw new Error('the rocksdb engine cannot answer at once; use fetch')
  }

  fetch(space: Space, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#read(keys.map((key) => prefixed(space, key)))
  }

  async apply(changes: readonly Change[], mark: Uint8Array): Promise<void> {
    checkChanges(changes)
    if (this.#applying) throw new Error('apply was called while another one was under way')
    this.#applying = true
    try {
      const batch = this.#opened.write({ capacity: changes.length + 1, autoDestroy: true })
      for (const { space, key, value } of changes) {
        if (value === undefined) batch.tryDelete(prefixed(space, key))
        else batch.tryPut(prefixed(space, key), value)
      }
      batch.tryPut(markKey, mark)
      await batch.flush()
    } finally {
      this.#applying = false
    }
  }

  async flushed(): Promise<void> {
    await this.#opened.flush()
    await this.#estimate()
  }

  async walk(range: WalkRange, visit: Visit): Promise<void> {
    if (range.limit <= 0) return
    const { reverse, limit, values } = range
    const options = { reverse, limit, values, capacity: Math.min(limit, values ? entriesAhead : keysAhead) }
    for await (const { key, value } of this.#opened.iterator(boundsOf(range), options)) {
      const bytes = value ?? noValue
      if (!visit(key.subarray(prefixBytes), bytes, 0, bytes.length)) return
    }
  }

  /** RocksDB's estimate at the last flush; it counts keys of both spaces, and overwritten ones until compaction. */
  count(): { keys: number; exact: boolean } {
    return { keys: this.#keys, exact: false }
  }

  sizeBytes(): number {
    return this.#bytes
  }

  async close(): Promise<void> {
    const database = this.#database
    if (database === undefined) return
    this.#database = undefined
    await database.close()
  }

  get #opened(): RocksDB {
    if (this.#database === undefined) throw new Error('the rocksdb engine is not open')
    return this.#database
  }

  async #read(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return []
    const batch = this.#opened.read({ capacity: keys.length, autoDestroy: true })
    const values = keys.map((key) => batch.get(key))
    batch.tryFlush()
    return (await Promise.all(values)).map((value) => value ?? undefined)
  }

  async #estimate(): Promise<void> {
    const database = this.#opened
    const property = async (name: string): Promise<number> => Number(await database.getProperty(`rocksdb.${name}`))
    this.#keys = await property('estimate-num-keys')
    this.#bytes = (await property('total-sst-files-size')) + (await property('cur-size-all-mem-tables'))
  }
}

async function loadRocksdb(): Promise<typeof RocksDB> {
  try {
    return (await import('rocksdb-native')).default
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    const message = 'store.engine rocksdb needs the optional package rocksdb-native; run: npm install rocksdb-native'
    throw new Error(message, { cause: error })
  }
}

function prefixed(space: Space, key: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(prefixBytes + key.length)
  bytes[0] = space
  bytes.set(key, prefixBytes)
  return bytes
}

function boundsOf({ space, lower, lowerInclusive, upper, upperInclusive }: WalkRange): {
  gt?: Uint8Array
  gte?: Uint8Array
  lt?: Uint8Array
  lte?: Uint8Array
} {
  const low = prefixed(space, lower ?? noBytes)
  const high = upper === undefined ? Uint8Array.of(space + 1) : prefixed(space, upper)
  return {
    ...(lower === undefined || lowerInclusive ? { gte: low } : { gt: low }),
    ...(upper !== undefined && upperInclusive ? { lte: high } : { lt: high }),
  }
}
