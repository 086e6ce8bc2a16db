import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeViewOf } from '../../../src/assembly/node-view.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { QueryMemory } from '../../../src/operation/query/query-memory.ts'
import { seededRandom } from '../../../src/runtime/random.ts'
import { EmbeddedStore } from '../../../src/stores/embedded/embedded-store.ts'
import { FaultyDisk } from '../../support/disk/faulty-disk.ts'
import { ModelEngine } from '../../support/model-engine.ts'
import { shardSettings } from '../../support/shard-harness.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('what keeps a node from serving names the error of the system, and does not blame the disk for others', async (t) => {
  const loaded = loadSettings({ file: undefined, overrides: [], environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const store = new EmbeddedStore({
    queries: new QueryMemory(new VirtualRuntime(), 1 << 30),
    runtime: new VirtualRuntime(),
    disk: new FaultyDisk(seededRandom(1)),
    shards: [1, 2, 3].map((shard) => ({ ...shardSettings, shard, dataDirectory: `/data/${shard}` })),
    createEngine: () => new ModelEngine(true),
    onLeaseExpired: () => undefined,
    onShardFailed: () => undefined,
  })
  await store.open()
  t.after(() => store.close())
  const view = nodeViewOf({
    settings: loaded.settings,
    queries: { heldBytes: 0, waiting: 0 },
    cluster: undefined,
    coordination: undefined,
    store,
    gateway: undefined,
    listeners: () => [],
  })
  assert.deepEqual(view.impediments, [])
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 })
  store.view(1).open.shard.fail(full)
  store.view(3).open.shard.fail(new TypeError('x is not a function'))
  assert.deepEqual(view.impediments, [
    'shard 1 stopped after a system error (ENOSPC)',
    'shard 3 stopped after an error',
  ])
})
