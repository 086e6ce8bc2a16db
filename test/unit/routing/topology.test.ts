import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { bucketOf } from '../../../src/operation/bucket.ts'
import { type ShardDescription, Topology } from '../../../src/routing/topology.ts'
import { topologyOf } from '../../support/topologies.ts'

function shard(id: number, first: number, last: number, changes: Partial<ShardDescription> = {}): ShardDescription {
  return { id, epoch: 1, history: 1, leader: 'n1', readers: [], ranges: [{ first, last }], ...changes }
}

test('every bucket is owned by the shard whose range it lies in', () => {
  const topology = new Topology([
    shard(7, 501, 1000),
    shard(2, 1, 100, {
      ranges: [
        { first: 1, last: 100 },
        { first: 301, last: 500 },
      ],
    }),
    shard(3, 101, 300),
  ])
  assert.deepEqual(
    topology.shards.map(({ id }) => id),
    [2, 3, 7],
  )
  for (const [bucket, id] of [
    [1, 2],
    [100, 2],
    [101, 3],
    [300, 3],
    [301, 2],
    [500, 2],
    [501, 7],
    [1000, 7],
  ] as const) {
    assert.equal(topology.ownerOf(bucket).id, id)
  }
})

test('a topology with holes, overlaps, foreign buckets or equal ids is refused', () => {
  assert.throws(() => new Topology([]), /bucket 1 has no owner/)
  assert.throws(() => new Topology([shard(1, 1, 999)]), /bucket 1000 has no owner/)
  assert.throws(() => new Topology([shard(1, 1, 500), shard(2, 500, 1000)]), /bucket 500 has two owners/)
  assert.throws(() => new Topology([shard(1, 1, 500), shard(1, 501, 1000)]), /same id/)
  assert.throws(() => new Topology([shard(1, 0, 1000)]), /range 0-1000/)
  assert.throws(() => new Topology([shard(1, 1, 1001)]), /range 1-1001/)
  assert.throws(() => new Topology([shard(1, 5, 4)]), /range 5-4/)
})

test('reads go to readers if there are any, else to the leader; writes to the leader', () => {
  const topology = new Topology([shard(1, 1, 500, { readers: ['n2', 'n3'] }), shard(2, 501, 1000)])
  const [first, second] = topology.shards
  assert.deepEqual(first!.readTarget, { shard: 1, role: 'reader', nodes: ['n2', 'n3'] })
  assert.deepEqual(first!.writeTarget, { shard: 1, role: 'writer', nodes: ['n1'] })
  assert.deepEqual(second!.readTarget, { shard: 2, role: 'reader', nodes: ['n1'] })
})

test('without a leader writes are refused for certain, and reads go on while there are readers', () => {
  const leaderless = { leader: undefined }
  const topology = new Topology([shard(1, 1, 500, { ...leaderless, readers: ['n2'] }), shard(2, 501, 1000, leaderless)])
  const [first, second] = topology.shards
  assert.ok(!(first!.read instanceof GatewayError))
  for (const plan of [first!.write, second!.write, second!.read]) {
    assert.ok(plan instanceof GatewayError)
    assert.equal(plan.code, 'unavailable')
    assert.equal(plan.retryAfterMs, 1_000)
  }
  assert.equal((first!.write as GatewayError).outcome, 'not-applied')
  assert.equal((second!.read as GatewayError).outcome, undefined)
})

test('the owner of a key is the owner of its bucket; a single shard owns all keys unseen', () => {
  const four = topologyOf(4)
  for (let i = 0; i < 200; i++) {
    const key = Buffer.from(`key:${i}`)
    assert.equal(four.shardOf(key), four.ownerOf(bucketOf(key)))
  }
  const unreadable = new Proxy(new Uint8Array(1), {
    get() {
      throw new Error('the key was looked at')
    },
  })
  assert.equal(topologyOf(1).shardOf(unreadable).id, 1)
})
