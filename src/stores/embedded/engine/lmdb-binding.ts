import { open } from 'lmdb'

/** What to put between lmdb-js and its buffers. All buffers it hands over are reused by its next call. */
export interface LmdbCoder {
  readonly keyEncoder: {
    writeKey(key: Uint8Array, target: Uint8Array, start: number): number
    readKey(source: Uint8Array, start: number, end: number): unknown
  }
  readonly encoder: {
    encode(value: Uint8Array): Uint8Array
    decode(bytes: Uint8Array, size: number): unknown
  }
}

export interface LmdbRangeOptions {
  readonly start: Uint8Array | undefined
  readonly end: Uint8Array | undefined
  readonly exclusiveStart: boolean
  readonly inclusiveEnd: boolean
  readonly reverse: boolean
  readonly values: boolean
}

/**
 * The members of an lmdb-js database that the engine uses. Some are not in the package's own types: `lastSize`, the
 * length of the value that `getBinaryFast` answered last; `db.stat`, which unlike `getStats` does not count the free
 * list; `ensureReadTxn`, which `db.stat` needs.
 */
export interface LmdbDatabase {
  readonly lastSize: number
  readonly db: { stat(): { readonly entryCount: number } }
  ensureReadTxn(): void
  resetReadTxn(): void
  getBinaryFast(key: Uint8Array): Uint8Array | undefined
  put(key: Uint8Array, value: Uint8Array): unknown
  remove(key: Uint8Array): unknown
  getRange(options: LmdbRangeOptions): Iterable<unknown>
}

export interface LmdbRoot extends LmdbDatabase {
  openDB(name: string, coder: LmdbCoder): LmdbDatabase
  batch(operations: () => void): Promise<boolean>
  sync(done: (error?: Error) => void): void
  close(): Promise<void>
}

export interface LmdbOpenOptions extends LmdbCoder {
  readonly noSubdir: boolean
  readonly overlappingSync: boolean
  readonly eventTurnBatching: boolean
  readonly mapSize: number
}

const quiet = new WeakSet<Pick<Console, 'error'>>()

/**
 * Keeps the errors of lmdb-js' own commits off a console. It writes them there besides rejecting what waits for them, and
 * that is where they are heard and logged. Whatever else is written to the console stays there.
 */
export function silenceCommitErrors(target: Pick<Console, 'error'>): void {
  if (quiet.has(target)) return
  quiet.add(target)
  const write = target.error.bind(target)
  target.error = (...args: unknown[]) => {
    const [only] = args
    if (args.length !== 1 || !(only instanceof Error) || only.stack?.includes('/node_modules/lmdb/') !== true)
      write(...args)
  }
}

/** Opens or creates the files of an lmdb environment in a directory. */
export function openLmdb(directory: string, options: LmdbOpenOptions): LmdbRoot {
  silenceCommitErrors(console)
  return open(directory, options) as unknown as LmdbRoot
}
