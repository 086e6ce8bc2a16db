import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  clusterKeys,
  controllerCodec,
  epochCodec,
  evenRanges,
  mapCodec,
  nodeCodec,
  operationCodec,
  type StoreRecord,
  shardCodec,
} from '../../../../src/cluster/coordination/cluster-records.ts'
import {
  type BootstrapSettings,
  bootstrap,
  readClusterState,
  recordStore,
  renewEpochs,
  storeBefore,
} from '../../../../src/cluster/coordination/cluster-state.ts'
import { openEmbeddedCoordinator } from '../../../../src/cluster/coordination/embedded-coordinator.ts'
import { FaultyDirectory } from '../../../contract/coordinator/faulty-directory.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const lmdb: StoreRecord = { engine: 'lmdb', durability: 'group' }
const shop: BootstrapSettings = { cluster: 'shop', nodeId: 'n1', shards: 4, store: lmdb }

async function setUp(directory = new FaultyDirectory(), seed = 1) {
  const runtime = new VirtualRuntime(seed)
  return { directory, runtime, coordinator: await openEmbeddedCoordinator(directory, runtime) }
}

describe('cluster state', () => {
  it('is made in one transaction, with an epoch for each shard', async () => {
    const { coordinator, runtime } = await setUp()
    const empty = coordinator.revision
    const state = await bootstrap(coordinator, shop, runtime.random)
    assert.equal(state.revision, empty + 1)
    assert.deepEqual(state.map.ranges, [
      { first: 1, last: 250, shard: 1 },
      { first: 251, last: 500, shard: 2 },
      { first: 501, last: 750, shard: 3 },
      { first: 751, last: 1000, shard: 4 },
    ])
    assert.deepEqual(
      state.shards.map(({ id, epoch, leader }) => [id, epoch, leader]),
      [1, 2, 3, 4].map((i) => [i, i, 'n1']),
    )
    assert.deepEqual(state.shards[0]!.inSync, [{ node: 'n1', disk: null }])
    assert.deepEqual([state.epoch, state.cursorSecret.length, state.map.clusterId.length], [4, 32, 32])
  })

  it('stays as it is when the node starts again, secret included', async () => {
    const first = await setUp()
    const made = await bootstrap(first.coordinator, shop, first.runtime.random)
    await first.coordinator.close()
    const second = await setUp(first.directory, 2)
    const found = await bootstrap(second.coordinator, shop, second.runtime.random)
    assert.deepEqual(JSON.stringify(found), JSON.stringify(made))
  })

  it('is made by exactly one of two nodes that begin together', async () => {
    const { coordinator, runtime } = await setUp()
    const both = [bootstrap(coordinator, shop, runtime.random), bootstrap(coordinator, shop, runtime.random)]
    const [a, b] = await Promise.all(both)
    assert.deepEqual(JSON.stringify(a), JSON.stringify(b))
  })

  it('refuses another cluster, another number of shards and another node, each with what to do', async () => {
    const { coordinator, runtime } = await setUp()
    await bootstrap(coordinator, shop, runtime.random)
    const start = (changed: Partial<typeof shop>) => bootstrap(coordinator, { ...shop, ...changed }, runtime.random)
    await assert.rejects(start({ cluster: 'bank' }), { code: 'other-cluster', message: /cluster "shop", not "bank"/ })
    await assert.rejects(start({ shards: 2 }), {
      code: 'other-shard-count',
      message: /created with 4 shards; splitting comes later/,
    })
    await assert.rejects(start({ nodeId: 'n2' }), { code: 'other-node', message: /led by node "n1", not "n2"/ })
    await assert.rejects(start({ shards: 0 }), { code: 'invalid' })
    await assert.rejects(start({ shards: 101 }), { code: 'invalid' })
  })

  it('remembers what a node keeps its data in, and refuses another engine unless the first one forgets', async () => {
    const { coordinator, runtime } = await setUp()
    await bootstrap(coordinator, shop, runtime.random)
    assert.deepEqual(await storeBefore(coordinator, shop), lmdb)
    for (const engine of ['rocksdb', 'memory'] as const) {
      const says = new RegExp(`store\\.engine is ${engine}, but this data was created with lmdb; .*another dataDir`)
      const other = { ...shop, store: { ...lmdb, engine } }
      await assert.rejects(storeBefore(coordinator, other), { code: 'other-engine', message: says })
    }
    const relaxed = { ...shop, store: { ...lmdb, durability: 'os' as const } }
    await recordStore(coordinator, relaxed, await storeBefore(coordinator, relaxed))
    assert.deepEqual(await storeBefore(coordinator, shop), relaxed.store)
    const volatile: StoreRecord = { engine: 'memory', durability: 'group' }
    await recordStore(coordinator, { ...shop, nodeId: 'n2', store: volatile }, undefined)
    assert.deepEqual(await storeBefore(coordinator, { ...shop, nodeId: 'n2' }), volatile)
    const { revision } = coordinator
    await recordStore(coordinator, { ...shop, nodeId: 'n2', store: volatile }, volatile)
    assert.equal(coordinator.revision, revision, 'nothing is written where nothing changes')
    assert.equal(await storeBefore(coordinator, { ...shop, nodeId: 'n3' }), undefined)
  })

  it('makes nothing anew where there are shards already, and goes on where their state is known', async () => {
    const { coordinator, runtime } = await setUp()
    const later = { ...shop, existingShards: '/data/shards' }
    const refusal = { code: 'coordination-lost', message: /^\/data\/shards holds data, but coordination\/ .*Put/ }
    await assert.rejects(bootstrap(coordinator, later, runtime.random), refusal)
    assert.equal(coordinator.revision, (await setUp()).coordinator.revision, 'nothing was written')
    const state = await bootstrap(coordinator, shop, runtime.random)
    assert.deepEqual((await bootstrap(coordinator, later, runtime.random)).map, state.map)
  })

  it('renews every epoch from the one counter, so that none is ever given out twice', async () => {
    const { coordinator, runtime } = await setUp()
    await bootstrap(coordinator, shop, runtime.random)
    const [one, two] = await Promise.all([renewEpochs(coordinator), renewEpochs(coordinator)])
    const later = one.epoch > two.epoch ? one : two
    assert.equal(later.epoch, 12)
    assert.deepEqual(
      later.shards.map((shard) => shard.epoch),
      [9, 10, 11, 12],
    )
  })

  it('decides nothing from damaged records', async () => {
    const { coordinator, runtime } = await setUp()
    const state = await bootstrap(coordinator, shop, runtime.random)
    const damage: [string, Uint8Array][] = [
      [clusterKeys.map, Buffer.from('{')],
      [clusterKeys.map, mapCodec.encode({ ...state.map, ranges: state.map.ranges.slice(1) })],
      [clusterKeys.map, mapCodec.encode({ ...state.map, ranges: [{ first: 1, last: 1000, shard: 9 }] })],
      [clusterKeys.epoch, epochCodec.encode(3)],
      [clusterKeys.cursorSecret, Buffer.alloc(31)],
      [clusterKeys.shard(2), Buffer.from(JSON.stringify({ ...state.shards[1], surprise: true }))],
      [clusterKeys.shard(2), shardCodec.encode({ ...state.shards[1]!, epoch: 0 })],
    ]
    for (const [key, value] of damage) {
      const before = (await coordinator.get(key)).item!.value
      await coordinator.transact({ compare: [], success: [{ op: 'put', key, value }] })
      await assert.rejects(readClusterState(coordinator), { name: 'InvalidRecord' }, key)
      await coordinator.transact({ compare: [], success: [{ op: 'put', key, value: before }] })
    }
    await readClusterState(coordinator)
    await coordinator.transact({ compare: [], success: [{ op: 'delete', key: clusterKeys.epoch }] })
    await assert.rejects(readClusterState(coordinator), { name: 'InvalidRecord', message: /epoch is missing/ })
  })

  it('carries every other record there and back, and refuses what is none', () => {
    const node = { id: 'n1', grade: 3, disk: null, addresses: { http: '127.0.0.1:7400' }, version: '0.1.0' }
    const operation = { id: 'o1', kind: 'split' as const, shards: [1], step: 'frozen', startedBy: 'n1' }
    assert.deepEqual(nodeCodec.decode(nodeCodec.encode(node)), node)
    assert.deepEqual(operationCodec.decode(operationCodec.encode(operation)), operation)
    assert.deepEqual(controllerCodec.decode(controllerCodec.encode({ node: 'n1' })), { node: 'n1' })
    assert.throws(() => nodeCodec.decode(nodeCodec.encode({ ...node, grade: 6 })), { name: 'InvalidRecord' })
    assert.throws(() => controllerCodec.decode(Buffer.from('{"node":"not a name"}')), { name: 'InvalidRecord' })
    const [shard, leased, running] = [clusterKeys.shard(7), clusterKeys.node('n1'), clusterKeys.operation('o1')]
    assert.deepEqual([shard, leased, running], ['shards/7', 'nodes/n1', 'operations/o1'])
  })

  it('spreads the buckets evenly, whatever the number of shards', () => {
    for (let shards = 1; shards <= 100; shards++) {
      const sizes = evenRanges(shards).map(({ first, last }) => last - first + 1)
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        1000,
      )
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
    }
  })
})
