import { join } from 'node:path'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Engine } from './engine.ts'
import { LmdbEngine } from './lmdb-engine.ts'
import { MemoryEngine } from './memory-engine.ts'
import { RocksdbEngine } from './rocksdb-engine.ts'

/**
 * The engine of that name, not yet open. Its files go below `directory`, in a directory named after the engine. `alone`: its
 * shard is the only one of the store.
 */
export function createEngine(name: Engine['name'], directory: string, runtime: Runtime, alone = false): Engine {
  switch (name) {
    case 'lmdb':
      return new LmdbEngine({ directory: join(directory, 'lmdb'), alone })
    case 'rocksdb':
      return new RocksdbEngine({ directory: join(directory, 'rocksdb') })
    case 'memory':
      return new MemoryEngine(runtime)
  }
}
