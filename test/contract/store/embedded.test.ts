import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemDisk } from '../../../src/runtime/disk.ts'
import { seededRandom } from '../../../src/runtime/random.ts'
import { createEngine } from '../../../src/stores/embedded/engine/create-engine.ts'
import { FaultyDisk } from '../../support/disk/faulty-disk.ts'
import { ModelEngine } from '../../support/model-engine.ts'
import { EmbeddedHarness, embeddedCapabilities } from './embedded-harness.ts'
import { storeSuite } from './suite.ts'

for (const engine of ['lmdb', 'rocksdb', 'memory'] as const) {
  if (engine === 'rocksdb' && !installed('rocksdb-native')) {
    test('embedded, rocksdb', { skip: 'the optional package rocksdb-native is not installed' }, () => {})
    continue
  }
  storeSuite({
    name: `embedded, ${engine}`,
    capabilities: embeddedCapabilities(engine),
    open: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'headgate-store-'))
      return await new EmbeddedHarness(engine, {
        folder,
        disk: systemDisk,
        createEngine: (runtime) => createEngine(engine, folder, runtime),
        remove: () => rm(folder, { recursive: true }),
      }).open()
    },
  })
}

/** Without files: every turn of the event loop counts, and reads may come late. */
for (const syncReads of [true, false]) {
  const disk = new FaultyDisk(seededRandom(7))
  const engine = new ModelEngine(syncReads)
  storeSuite({
    name: `embedded, model engine with ${syncReads ? 'immediate' : 'fetched'} reads`,
    capabilities: embeddedCapabilities(syncReads ? 'lmdb' : 'rocksdb'),
    open: () => {
      const parts = { folder: '/data', disk, createEngine: () => engine, remove: async () => {} }
      return new EmbeddedHarness(syncReads ? 'lmdb' : 'rocksdb', parts).open()
    },
  })
}

function installed(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}
