import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { Roles } from '../../src/operation/roles.ts'
import { GatewayHarness } from '../support/gateway-harness.ts'
import { bytesOf, putOf } from '../support/operations.ts'
import { topologyOf } from '../support/topologies.ts'

const get = { kind: 'get', key: bytesOf('a'), projection: 'value' } as const

test('a record goes in and comes out, whatever the number of shards', () => {
  for (const shards of [1, 4, 1000]) {
    const harness = new GatewayHarness(shards)
    harness.send(putOf('a', 'hello')).reply('written')
    assert.equal(harness.send(get).text, 'hello')
    assert.deepEqual(
      harness.gateway.loads().map(({ role }) => role),
      ['writer', 'reader'],
    )
  }
})

test('what admission or routing refuses never reaches a store, and the client need not be held back', () => {
  const harness = new GatewayHarness(4)
  const reader = { name: 'reader', roles: new Roles(['read']) }
  assert.equal(harness.send(putOf('a'), { client: reader }).error.code, 'forbidden')
  const operations = ['a', 'b', 'c', 'd', 'e'].map((key) => putOf(key))
  const batch = harness.send({ kind: 'batch', operations, atomic: true, abortOnFailure: true })
  assert.equal(batch.error.code, 'cross-shard')
  for (const shard of [1, 2, 3, 4]) assert.equal(harness.store.session(shard).asked.length, 0)
})

test('draining refuses what comes and waits for what is under way', async () => {
  const harness = new GatewayHarness(1, { inFlight: 1 })
  harness.store.fates = () => ({ delayMs: 30 })
  const running = harness.send(putOf('a'))
  const waiting = harness.send(putOf('b'))
  let drained = false
  const drain = harness.gateway.drain(1_000).then(() => {
    drained = true
  })
  assert.equal(harness.send(get).error.reason, 'draining')
  harness.runtime.advance(31)
  await Promise.resolve()
  running.reply('written')
  assert.deepEqual([waiting.ending, drained], [undefined, false])
  harness.runtime.advance(60)
  waiting.reply('written')
  await drain
})

test('an idle gateway drains at once', async () => {
  const harness = new GatewayHarness(1)
  harness.send(putOf('a'))
  await harness.gateway.drain(1_000)
})

test('leases end while draining: what is on its way to be deleted is deleted', async () => {
  const harness = new GatewayHarness(4)
  harness.send({ kind: 'lease-grant', id: 5, ttlMs: 10 })
  for (let i = 0; i < 9; i++) harness.send(putOf(`k${i}`, '', 5))
  harness.store.fates = () => ({ delayMs: 10 })
  harness.gateway.expireLease(5)
  const drain = harness.gateway.drain(1_000)
  harness.runtime.advance(200)
  await drain
  assert.deepEqual(harness.store.keys(), [])
})

test('a new topology serves what comes next; what is under way goes on', () => {
  const harness = new GatewayHarness(4)
  const home = harness.shardOf('a')
  harness.store.fates = () => ({ delayMs: 10 })
  const before = harness.send(putOf('a', '1'))
  harness.gateway.topology = topologyOf(1)
  const after = harness.send(putOf('a', '2'))
  harness.runtime.advance(20)
  before.reply('written')
  after.reply('written')
  assert.deepEqual(
    [harness.store.session(1).asked.length > 0, harness.store.session(home).asked.length > 0],
    [true, true],
  )
})

test('explain says where a request would go', () => {
  const harness = new GatewayHarness(4)
  const explanation = harness.gateway.explain('read', [bytesOf('a')])
  assert.ok(!(explanation instanceof GatewayError))
  assert.equal(explanation.plan.steps[0]!.shard, harness.shardOf('a'))
})
