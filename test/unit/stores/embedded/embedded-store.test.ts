import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Body } from '../../../../src/operation/body.ts'
import { QueryMemory } from '../../../../src/operation/query/query-memory.ts'
import type { Reply } from '../../../../src/operation/reply.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { EmbeddedStore } from '../../../../src/stores/embedded/embedded-store.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { operationOf, putBody, shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

class CountedEngine extends ModelEngine {
  static open = 0
  #failing: boolean
  #open = false

  constructor(failing = false) {
    super()
    this.#failing = failing
  }

  override async open(): Promise<Uint8Array | undefined> {
    await turns(2)
    if (this.#failing) throw new Error('MDB_INVALID')
    CountedEngine.open += 1
    this.#open = true
    return super.open()
  }

  override async close(): Promise<void> {
    if (this.#open) CountedEngine.open -= 1
    this.#open = false
    await super.close()
  }
}

const housekeepingMs = 500

function built(shards: number, failing?: number) {
  const runtime = new VirtualRuntime()
  const told: string[] = []
  const settings = Array.from({ length: shards }, (_, i) => ({
    ...shardSettings,
    shard: i + 1,
    dataDirectory: `/data/${i + 1}`,
  }))
  const store = new EmbeddedStore({
    queries: new QueryMemory(runtime, 1 << 30),
    runtime,
    disk: new FaultyDisk(seededRandom(2)),
    shards: settings,
    createEngine: ({ shard }) => new CountedEngine(shard === failing),
    onLeaseExpired: (id) => told.push(`lease ${id}`),
    onShardFailed: (shard, { message }) => told.push(`shard ${shard}: ${message}`),
  })
  const ask = (shard: number, body: Body): Promise<Reply | GatewayError> =>
    new Promise((resolve) => {
      store.session(shard).dispatch(body, operationOf(body), {
        onReply: (_, reply) => resolve({ ...reply }),
        onError: (_, error) => resolve(error),
      })
    })
  /** Lets time pass, one period after the other. */
  const elapse = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= housekeepingMs) {
      runtime.advance(Math.min(left, housekeepingMs))
      await turns(40)
    }
  }
  return { store, told, ask, elapse }
}

test('each shard has a log and an engine of its own', async () => {
  const { store, ask } = built(3)
  await store.open()
  for (const shard of [1, 2, 3]) await ask(shard, putBody(`key of ${shard}`, 'v'))
  for (const shard of [1, 2, 3]) {
    const reply = await ask(shard, { kind: 'size' })
    assert.equal('count' in reply && reply.count, 1)
    assert.equal('positions' in reply && reply.positions[0]!.shard, shard)
  }
  assert.deepEqual(
    store.views.map(({ settings }) => settings.shard),
    [1, 2, 3],
  )
  assert.throws(() => store.session(4), /shard 4 is not on this node/)
  await store.close()
  assert.equal(CountedEngine.open, 0)
})

test('if one shard cannot be opened none stays open, and the reason is told', async () => {
  const { store } = built(3, 2)
  await assert.rejects(store.open(), /MDB_INVALID/)
  assert.equal(CountedEngine.open, 0)
})

test('closing while it opens waits for that, and leaves nothing open', async () => {
  const { store, told, elapse } = built(3)
  const opening = store.open()
  await store.close()
  await opening
  assert.equal(CountedEngine.open, 0)
  assert.deepEqual(store.views, [])
  await elapse(housekeepingMs)
  assert.deepEqual(told, [])
})

test('a shard is out of view before its engine is closed', async () => {
  const { store } = built(2)
  await store.open()
  const seen: number[][] = []
  for (const { open } of store.views) {
    const close = open.engine.close.bind(open.engine)
    open.engine.close = () => {
      seen.push(store.views.map(({ settings }) => settings.shard))
      return close()
    }
  }
  await store.close()
  assert.equal(seen.length, 2)
  assert.equal(seen[1]!.length, 0)
  assert.ok(seen[0]!.length <= 1)
})

test('housekeeping sweeps what has expired and announces leases that have ended', async () => {
  const { store, told, ask, elapse } = built(2)
  await store.open()
  await ask(1, putBody('key', 'v', { expiry: { kind: 'after', ms: 1_000 } }))
  await ask(2, { kind: 'lease-grant', id: 77, ttlMs: 2_000 })
  await turns(5)
  await elapse(1_000 + housekeepingMs)
  assert.deepEqual(told, [])
  assert.equal(store.view(1).open.sweeper.expired, 1)
  await elapse(1_000)
  assert.deepEqual(told, ['lease 77'])
  await store.close()
  await elapse(6_000)
  assert.deepEqual(told, ['lease 77'], 'nothing runs after close')
})

test('a mass expiry is swept at once, not one sweep a period', async () => {
  const { store, ask, elapse } = built(1)
  await store.open()
  const expiry = { kind: 'after', ms: 1_000 } as const
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => ask(1, putBody(`key${i}`, 'v', { expiry }))))
  await turns(20)
  await elapse(1_000 + housekeepingMs)
  assert.equal(store.view(1).open.sweeper.expired, 2_000)
  await store.close()
})

test('a shard that fails is told once, and the others go on', async () => {
  const { store, told, ask, elapse } = built(2)
  await store.open()
  store.view(1).open.shard.fail(new Error('EIO'))
  await elapse(3 * housekeepingMs)
  assert.deepEqual(told, ['shard 1: EIO'])
  assert.ok((await ask(1, putBody('key', 'v'))) instanceof GatewayError)
  assert.ok(!((await ask(2, putBody('key', 'v'))) instanceof GatewayError))
  await store.close()
  assert.equal(CountedEngine.open, 0)
})
