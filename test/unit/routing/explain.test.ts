import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { explain } from '../../../src/routing/explain.ts'
import { bytesOf } from '../../support/operations.ts'
import { topologyOf } from '../../support/topologies.ts'

const four = topologyOf(4)

test('a read of one key: where it lies and why', () => {
  const explanation = explain('read', [bytesOf('order:{7}')], four, { splittable: false })
  assert.ok(!(explanation instanceof GatewayError))
  const { slot, bucket } = explain7()
  assert.deepEqual(explanation.keys, [{ key: 'order:{7}', slot, bucket, tag: '7' }])
  assert.equal(explanation.plan.merge, 'one')
  assert.deepEqual(explanation.plan.steps, [{ shard: four.shardOf(bytesOf('7')).id, role: 'reader', nodes: ['n1'] }])
  assert.match(explanation.plan.reason, /owns the bucket/)
})

/** The key that is only the tag. */
function explain7() {
  const explanation = explain('read', [bytesOf('7')], four, { splittable: false })
  assert.ok(!(explanation instanceof GatewayError))
  return explanation.keys[0]!
}

test('the slot is that of Redis Cluster', () => {
  // The check value of CRC-16/XMODEM: `redis-cli cluster keyslot 123456789` answers 12739.
  const explanation = explain('write', [bytesOf('123456789')], four, { splittable: false })
  assert.ok(!(explanation instanceof GatewayError))
  assert.equal(explanation.keys[0]!.slot, 12_739)
  assert.equal(explanation.keys[0]!.bucket, 1 + Math.floor((12_739 * 1_000) / 16_384))
})

test('several keys name which step carries which', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map(bytesOf)
  const explanation = explain('write', keys, four, { splittable: false })
  assert.ok(!(explanation instanceof GatewayError))
  assert.deepEqual(explanation.plan.steps.flatMap((step) => step.keys ?? []).sort(), [0, 1, 2, 3, 4, 5])
  assert.match(explanation.notes.join(), /atomic batch of these keys is not possible: they lie in several shards/)
  const tagged = explain('read', ['{x}a', '{x}b'].map(bytesOf), four, { splittable: true })
  assert.ok(!(tagged instanceof GatewayError))
  assert.match(tagged.notes.join(), /is possible/)
})

test('a scan, count or query of a prefix with a whole {tag} goes to its shard, as over HTTP', () => {
  const owner = four.shardOf(bytesOf('x')).id
  for (const operation of ['scan', 'count', 'query'] as const) {
    const tagged = explain(operation, [bytesOf('{x}:a')], four, { splittable: false })
    assert.ok(!(tagged instanceof GatewayError))
    assert.deepEqual(tagged.plan.steps, [{ shard: owner, role: 'reader', nodes: ['n1'] }])
    assert.deepEqual([tagged.keys[0]!.tag, tagged.notes], ['x', []])
    for (const prefix of ['{x', 'x', '{}x']) {
      const open = explain(operation, [bytesOf(prefix)], four, { splittable: false })
      assert.ok(!(open instanceof GatewayError))
      assert.deepEqual([open.plan.steps.length, open.keys], [4, []], prefix)
      assert.match(open.notes.join(), /no whole \{tag\}/)
    }
    const several = explain(operation, [bytesOf('a'), bytesOf('b')], four, { splittable: false })
    assert.ok(several instanceof GatewayError)
    assert.match(several.detail, /takes one prefix, not 2/)
  }
})

test('a query asks every shard; keys that are no text are shown in base64; no key is an error', () => {
  const query = explain('query', [], four, { splittable: false })
  assert.ok(!(query instanceof GatewayError))
  assert.equal(query.plan.merge, 'query')
  assert.equal(query.plan.steps.length, 4)
  const binary = explain('read', [Uint8Array.of(255)], four, { splittable: false })
  assert.ok(!(binary instanceof GatewayError))
  assert.equal(binary.keys[0]!.keyBase64, '/w==')
  assert.equal(binary.keys[0]!.key, undefined)
  const none = explain('read', [], four, { splittable: false })
  assert.ok(none instanceof GatewayError)
  assert.equal(none.code, 'bad-parameter')
})
