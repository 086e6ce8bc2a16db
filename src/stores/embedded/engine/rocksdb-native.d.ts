/** The part of rocksdb-native 3.18 that the engine uses; the package has no types of its own. */
declare module 'rocksdb-native' {
  interface BatchOptions {
    readonly capacity: number
    /** Gives the native handle back once the batch has finished; without it `close` waits for ever. */
    readonly autoDestroy: true
  }

  interface ReadBatch {
    /** Resolves after `tryFlush`, with null for a missing key. */
    get(key: Uint8Array): Promise<Buffer | null>
    tryFlush(): void
  }

  interface WriteBatch {
    tryPut(key: Uint8Array, value: Uint8Array): void
    tryDelete(key: Uint8Array): void
    /** Resolves when all operations have been applied in one go. */
    flush(): Promise<void>
  }

  interface Range {
    readonly gt?: Uint8Array
    readonly gte?: Uint8Array
    readonly lt?: Uint8Array
    readonly lte?: Uint8Array
  }

  interface IteratorOptions {
    readonly reverse: boolean
    readonly limit: number
    readonly values: boolean
    /** Entries read ahead. */
    readonly capacity: number
  }

  export default class RocksDB {
    constructor(path: string, options?: { readonly createIfMissing?: boolean })
    ready(): Promise<void>
    read(options: BatchOptions): ReadBatch
    write(options: BatchOptions): WriteBatch
    iterator(
      range: Range,
      options: IteratorOptions,
    ): AsyncIterable<{ readonly key: Buffer; readonly value: Buffer | null }>
    /** Writes what is only in memory and in the write-ahead log to a table file, and syncs it. */
    flush(): Promise<void>
    getProperty(name: string): Promise<string | null>
    close(): Promise<void>
    diagnostics(): { readonly handles: number; readonly io: number }
  }
}
