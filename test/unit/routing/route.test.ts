import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../src/errors.ts'
import type { BatchBody, Body, PointBody } from '../../../src/operation/body.ts'
import { bucketOf } from '../../../src/operation/bucket.ts'
import type { Plan } from '../../../src/routing/plan.ts'
import { route } from '../../../src/routing/route.ts'
import { Topology } from '../../../src/routing/topology.ts'
import { bytesOf, operationOf, putOf } from '../../support/operations.ts'
import { topologyOf } from '../../support/topologies.ts'

const one = topologyOf(1)
const four = topologyOf(4)
const fixed = { splittable: false }
const splittable = { splittable: true }

function planOf(body: Body, topology = four, settings = fixed, partial = false): Plan {
  const plan = route(operationOf(body, { partial }), topology, settings)
  if (plan instanceof GatewayError) assert.fail(plan.detail)
  return plan
}

function errorOf(body: Body, topology = four, settings = fixed): GatewayError {
  const plan = route(operationOf(body), topology, settings)
  assert.ok(plan instanceof GatewayError, 'routed')
  return plan
}

function batchOf(operations: readonly PointBody[], atomic: boolean, watches: readonly string[] = []): BatchBody {
  return {
    kind: 'batch',
    operations,
    atomic,
    abortOnFailure: true,
    watches: watches.map((key) => ({ key: bytesOf(key), version: undefined })),
  }
}

/** Two keys in different buckets of the same one of four shards, and one of another shard. */
function threeKeys(): [string, string, string] {
  const keys = Array.from({ length: 200 }, (_, i) => `k${i}`)
  const first = keys[0]!
  const owner = (key: string) => four.shardOf(bytesOf(key))
  const near = keys.find((key) => owner(key) === owner(first) && bucketOf(bytesOf(key)) !== bucketOf(bytesOf(first)))!
  const far = keys.find((key) => owner(key) !== owner(first))!
  return [first, near, far]
}

test('operations on one key share the plan made for its shard, reads and writes apart', () => {
  for (let i = 0; i < 100; i++) {
    const key = bytesOf(`k${i}`)
    const shard = four.shardOf(key)
    assert.equal(planOf({ kind: 'get', key, projection: 'value' }), shard.read)
    assert.equal(planOf({ kind: 'delete', key }), shard.write)
    assert.equal(planOf({ kind: 'modify', key, change: { name: 'persist' } }), shard.write)
    assert.equal(planOf(putOf(`k${i}`)), shard.write)
  }
})

test('with one shard everything but leases takes the plans made for it', () => {
  const keys = [bytesOf('a'), bytesOf('b')]
  const shard = one.shards[0]!
  assert.equal(planOf({ kind: 'get-many', keys }, one), shard.read)
  assert.equal(planOf({ kind: 'delete-many', keys }, one), shard.write)
  assert.equal(planOf({ kind: 'count', range: {} }, one), shard.read)
  assert.equal(planOf({ kind: 'size' }, one), shard.read)
  assert.equal(planOf({ kind: 'lease-list', after: 0, limit: 1_000 }, one), shard.write)
  assert.equal(planOf(batchOf([putOf('a'), putOf('b')], true), one), shard.write)
  assert.equal(planOf(batchOf([putOf('a'), putOf('b')], false), one), shard.write)
})

test('a list of keys is dealt to the owners, every place once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 40 }), (texts) => {
      const keys = texts.map(bytesOf)
      const plan = planOf({ kind: 'get-many', keys })
      if (plan.steps.length === 1) {
        assert.equal(new Set(keys.map((key) => four.shardOf(key))).size <= 1, true)
        return
      }
      assert.equal(plan.merge, 'records')
      const seen = plan.steps.flatMap(({ target, body, places }) => {
        assert.ok(body?.kind === 'get-many')
        assert.deepEqual(
          places,
          [...places!].sort((a, b) => a - b),
        )
        assert.deepEqual(
          body.keys,
          places!.map((place) => keys[place]),
        )
        for (const key of body.keys) assert.equal(four.shardOf(key).id, target.shard)
        return places!
      })
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        keys.map((_, i) => i),
      )
    }),
    { numRuns: 300 },
  )
})

test('ranges, sizes and lists ask every shard; what is allowed to be partial depends on the answer', () => {
  for (const [body, merge, role, onFailure] of [
    [{ kind: 'scan', range: {}, order: 'asc', limit: 1, maxBytes: 1, values: true }, 'ordered', 'reader', 'leave-out'],
    [{ kind: 'count', range: {} }, 'sum', 'reader', 'leave-out'],
    [{ kind: 'size' }, 'sum', 'reader', 'leave-out'],
    [{ kind: 'random-key' }, 'any', 'reader', 'fail'],
    [{ kind: 'lease-list', after: 0, limit: 1_000 }, 'leases', 'writer', 'fail'],
  ] as const) {
    const plan = planOf(body, four, fixed, true)
    assert.equal(plan.merge, merge)
    assert.equal(plan.onFailure, onFailure)
    assert.equal(planOf(body).onFailure, 'fail')
    assert.deepEqual(
      plan.steps.map(({ target }) => [target.shard, target.role]),
      [1, 2, 3, 4].map((shard) => [shard, role]),
    )
  }
})

test('a range within one {tag} asks only the shard of the tag', () => {
  const prefix = bytesOf('{user7}:')
  const upper = { key: bytesOf('{user7};'), inclusive: false }
  const plan = planOf({ kind: 'count', range: { lower: { key: prefix, inclusive: true }, upper } })
  assert.equal(plan, four.shardOf(prefix).read)
})

test('atomic batches need one shard; where shards may split, one bucket', () => {
  const [key, near, far] = threeKeys()
  const owner = four.shardOf(bytesOf(key)).write
  assert.equal(planOf(batchOf([putOf(key), putOf(near)], true)), owner)
  assert.equal(
    planOf(batchOf([putOf('{t}a'), putOf('{t}b')], true, ['{t}c']), four, splittable),
    four.shardOf(bytesOf('t')).write,
  )
  for (const error of [
    errorOf(batchOf([putOf(key), putOf(far)], true)),
    errorOf(batchOf([putOf(key)], true, [far])),
    errorOf(batchOf([putOf(key), putOf(near)], true), four, splittable),
    errorOf(batchOf([putOf(key)], true, [near]), four, splittable),
    errorOf(batchOf([putOf(key), putOf(near)], true), one, splittable),
    errorOf(batchOf([], true, [key, far])),
  ]) {
    assert.equal(error.code, 'cross-shard')
    assert.equal(error.outcome, 'not-applied')
  }
})

test('an empty atomic batch goes where its watches are, without any to the first shard', () => {
  assert.equal(planOf(batchOf([], true, ['k1'])), four.shardOf(bytesOf('k1')).write)
  assert.equal(planOf(batchOf([], true)), four.shards[0]!.write)
  assert.equal(planOf(batchOf([], false)), four.shards[0]!.write)
})

test('other batches are dealt to the owners', () => {
  const operations = Array.from({ length: 50 }, (_, i) => putOf(`k${i}`))
  const plan = planOf(batchOf(operations, false))
  assert.equal(plan.merge, 'batch')
  const seen = plan.steps.flatMap(({ target, body, places }) => {
    assert.ok(body?.kind === 'batch' && !body.atomic)
    body.operations.forEach((operation, i) => {
      assert.equal(operation, operations[places![i]!])
      assert.equal(four.shardOf(operation.key).id, target.shard)
    })
    return places!
  })
  assert.equal(new Set(seen).size, 50)
  assert.equal(seen.length, 50)
})

test('a lease lives in the bucket of its hexadecimal id and hears of a put first', () => {
  const id = 0xabcdef12345
  const keeper = four.shardOf(bytesOf('abcdef12345'))
  assert.equal(planOf({ kind: 'lease-grant', id, ttlMs: 1 }), keeper.write)
  assert.equal(planOf({ kind: 'lease-get', id }), keeper.write)
  const plan = planOf(putOf('some key', 'x', id))
  assert.equal(plan.merge, 'lease-steps')
  assert.deepEqual(
    plan.steps.map(({ target, body }) => [target.shard, target.role, body?.kind]),
    [
      [keeper.id, 'writer', 'lease-attach'],
      [four.shardOf(bytesOf('some key')).id, 'writer', undefined],
    ],
  )
  assert.equal(errorOf(batchOf([putOf('k', '', 5)], false)).code, 'bad-parameter')
})

test('revoking a lease: close, drop everywhere, forget', () => {
  const plan = planOf({ kind: 'lease-revoke', id: 9 })
  assert.deepEqual(
    plan.steps.map(({ body }) => body?.kind),
    ['lease-close', 'lease-drop', 'lease-drop', 'lease-drop', 'lease-drop', 'lease-forget'],
  )
})

test('a shard without a node makes what needs it unavailable, and nothing else', () => {
  const broken = new Topology(
    four.shards.map((shard) => (shard.id === 2 ? { ...shard, leader: undefined, readers: [] } : shard)),
  )
  const keyIn = (id: number) => {
    const key = Array.from({ length: 100 }, (_, i) => bytesOf(`k${i}`)).find((k) => four.shardOf(k).id === id)
    return key!
  }
  assert.equal(errorOf({ kind: 'get', key: keyIn(2), projection: 'value' }, broken).code, 'unavailable')
  assert.equal(errorOf({ kind: 'count', range: {} }, broken).code, 'unavailable')
  assert.equal(errorOf({ kind: 'delete-many', keys: [keyIn(1), keyIn(2)] }, broken).outcome, 'not-applied')
  assert.equal(planOf({ kind: 'get-many', keys: [keyIn(1), keyIn(3)] }, broken).steps.length, 2)
})
