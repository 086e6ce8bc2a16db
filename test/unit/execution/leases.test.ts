import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import type { Body } from '../../../src/operation/body.ts'
import type { Fate } from '../../support/array-store.ts'
import { GatewayHarness } from '../../support/gateway-harness.ts'
import { bytesOf, putOf } from '../../support/operations.ts'

const down = new GatewayError('unavailable', 'no leader', { outcome: 'not-applied' })
const lost = new GatewayError('unavailable', 'the connection broke', { outcome: 'unknown' })

/** A lease with `count` keys over four shards, and one record that is not attached. */
function leased(count: number, id = 7): GatewayHarness {
  const harness = new GatewayHarness(4)
  harness.send({ kind: 'lease-grant', id, ttlMs: 1_000 }).reply('leases')
  for (let i = 0; i < count; i++) harness.send(putOf(`leased${i}`, 'x', id)).reply('written')
  harness.put('free', 1)
  return harness
}

/** Fails the first requests of a kind, one fate for each. */
function failing(harness: GatewayHarness, kind: Body['kind'], fates: readonly Fate[]): void {
  const left = [...fates]
  harness.store.fates = (_shard, body) => (body.kind === kind ? (left.shift() ?? {}) : {})
}

function leasesLeft(harness: GatewayHarness): number {
  return [1, 2, 3, 4].reduce((sum, shard) => sum + harness.store.session(shard).leases.size, 0)
}

test('a put with a lease tells the lease first, then writes the record, and answers for both', () => {
  const harness = new GatewayHarness(4)
  harness.send({ kind: 'lease-grant', id: 7, ttlMs: 1_000 })
  const order: string[] = []
  harness.store.fates = (shard, body) => {
    order.push(`${body.kind} ${shard}`)
    return { delayMs: 5 }
  }
  const keeper = harness.shardOf('7')
  const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find((name) => harness.shardOf(name) !== keeper)!
  const capture = harness.send(putOf(key, 'value', 7))
  harness.runtime.advance(20)
  const { positions } = capture.reply('written')
  assert.deepEqual(order, [`lease-attach ${keeper}`, `put ${harness.shardOf(key)}`])
  assert.deepEqual(
    positions.map(({ shard }) => shard),
    [keeper, harness.shardOf(key)],
  )
  assert.deepEqual(harness.store.keys(), [key])
})

test('a put with a lease in the same shard answers with one position', () => {
  const harness = new GatewayHarness(1)
  harness.send({ kind: 'lease-grant', id: 7, ttlMs: 1_000 })
  assert.equal(harness.send(putOf('k', 'v', 7)).reply('written').positions.length, 1)
})

test('a put whose lease is gone writes nothing, however attaching failed', () => {
  const harness = new GatewayHarness(4)
  const unknown = harness.send(putOf('k', 'v', 7))
  assert.deepEqual([unknown.error.code, unknown.error.outcome], ['lease-not-found', 'not-applied'])
  failing(harness, 'lease-attach', [{ error: lost, applied: true }])
  harness.send({ kind: 'lease-grant', id: 7, ttlMs: 1_000 })
  const broken = harness.send(putOf('k', 'v', 7))
  assert.deepEqual([broken.error.code, broken.error.outcome], ['unavailable', 'not-applied'])
  assert.deepEqual(harness.store.keys(), [])
})

test('a put that fails after attaching has the outcome of the put', () => {
  const harness = new GatewayHarness(4)
  harness.send({ kind: 'lease-grant', id: 7, ttlMs: 1_000 })
  failing(harness, 'put', [{ error: lost, applied: true }])
  assert.equal(harness.send(putOf('k', 'v', 7)).error.outcome, 'unknown')
})

test('attaching does not carry the idempotency key of the put', () => {
  const harness = new GatewayHarness(4)
  harness.send({ kind: 'lease-grant', id: 7, ttlMs: 1_000 })
  const seen: boolean[] = []
  for (const shard of [1, 2, 3, 4]) {
    const session = harness.store.session(shard)
    const dispatch = session.dispatch.bind(session)
    session.dispatch = (body, operation, handler) => {
      seen.push(operation.idempotency !== undefined)
      return dispatch(body, operation, handler)
    }
  }
  const idempotency = { scope: bytesOf('0123456789abcdef'), fingerprint: bytesOf('fedcba9876543210') }
  harness.send(putOf('k', 'v', 7), { idempotency }).reply('written')
  assert.deepEqual(seen, [false, true])
})

test('revoking a lease deletes its keys wherever they are, then forgets it', () => {
  const harness = leased(700)
  harness.send({ kind: 'lease-revoke', id: 7 }).reply('written')
  assert.deepEqual([harness.store.keys(), leasesLeft(harness)], [['free'], 0])
  const drops = [1, 2, 3, 4].flatMap((shard) =>
    harness.store.session(shard).asked.flatMap((body) => (body.kind === 'lease-drop' ? [body.keys.length] : [])),
  )
  assert.equal(drops.length, 3 * 4, 'three chunks, each over four shards')
  assert.equal(
    drops.reduce((sum, keys) => sum + keys, 0),
    700,
  )
})

test('a record that took another lease meanwhile survives', () => {
  const harness = leased(5)
  harness.put('leased3', 'mine now')
  harness.send({ kind: 'lease-revoke', id: 7 }).reply('written')
  assert.deepEqual(harness.store.keys(), ['free', 'leased3'])
})

test('every step of an expiry is repeated until it is confirmed, whatever its answer was', () => {
  for (const kind of ['lease-close', 'lease-drop', 'lease-forget'] as const) {
    for (const fate of [{ error: down }, { error: lost, applied: true }, { silent: true }, { delayMs: 20 }] as const) {
      const harness = leased(20)
      failing(
        harness,
        kind,
        Array.from({ length: 6 }, () => fate),
      )
      harness.gateway.expireLease(7)
      harness.runtime.advance(120_000)
      assert.deepEqual(harness.store.keys(), ['free'], `${kind} ${JSON.stringify(fate)}`)
      assert.equal(leasesLeft(harness), 0)
      // A store that never answers leaves something to watch over.
      assert.equal(harness.runtime.pending, 'silent' in fate ? 1 : 0)
    }
  }
})

test('retries back off and have a most', () => {
  const harness = leased(1)
  harness.store.fates = (_shard, { kind }) => (kind === 'lease-close' ? { error: down } : {})
  harness.gateway.expireLease(7)
  const tries = () =>
    [1, 2, 3, 4].reduce(
      (sum, shard) => sum + harness.store.session(shard).asked.filter(({ kind }) => kind === 'lease-close').length,
      0,
    )
  harness.runtime.advance(1_000)
  const early = tries()
  assert.ok(early >= 4 && early <= 6, `${early} in the first second`)
  harness.runtime.advance(60_000)
  const before = tries()
  harness.runtime.advance(60_000)
  assert.equal(tries() - before, 12)
})

test('a client is told when its lease is unknown, and when nothing was begun', () => {
  const harness = leased(3)
  assert.equal(harness.send({ kind: 'lease-revoke', id: 8 }).error.code, 'lease-not-found')
  failing(harness, 'lease-close', [{ error: down }])
  const refused = harness.send({ kind: 'lease-revoke', id: 7 })
  assert.deepEqual([refused.error.code, refused.error.outcome], ['unavailable', 'not-applied'])
  harness.runtime.advance(60_000)
  assert.equal(harness.store.keys().length, 4)
})

test('a client whose deadline passes hears that the outcome is unknown; the revocation goes on', () => {
  const harness = leased(3)
  failing(
    harness,
    'lease-drop',
    Array.from({ length: 15 }, () => ({ error: down })),
  )
  const capture = harness.send({ kind: 'lease-revoke', id: 7 }, { deadline: harness.now + 500 })
  harness.runtime.advance(510)
  assert.deepEqual([capture.error.code, capture.error.outcome], ['deadline', 'unknown'])
  harness.runtime.advance(120_000)
  assert.deepEqual([harness.store.keys(), leasesLeft(harness)], [['free'], 0])
})

test('several who want the same end share one revocation', () => {
  const harness = leased(3)
  harness.store.fates = () => ({ delayMs: 10 })
  const captures = [1, 2, 3].map(() => harness.send({ kind: 'lease-revoke', id: 7 }))
  harness.gateway.expireLease(7)
  harness.runtime.advance(100)
  for (const capture of captures) capture.reply('written')
  const closes = [1, 2, 3, 4].flatMap((shard) =>
    harness.store.session(shard).asked.filter(({ kind }) => kind === 'lease-close'),
  )
  assert.equal(closes.length, 1)
})

test('many leases that expire together are ended a few at a time, without recursion', () => {
  const harness = new GatewayHarness(4)
  for (let id = 1; id <= 5_000; id++) harness.send({ kind: 'lease-grant', id, ttlMs: 1 })
  for (let id = 1; id <= 5_000; id++) harness.gateway.expireLease(id)
  assert.equal(leasesLeft(harness), 0)
  for (let id = 1; id <= 50; id++) harness.send({ kind: 'lease-grant', id, ttlMs: 1 })
  let running = 0
  let most = 0
  harness.store.fates = () => {
    most = Math.max(most, ++running)
    harness.runtime.timers.after(4, () => running--)
    return { delayMs: 5 }
  }
  for (let id = 1; id <= 50; id++) harness.gateway.expireLease(id)
  harness.runtime.advance(10_000)
  assert.deepEqual([leasesLeft(harness), most], [0, 4])
})

test('a revocation that waits for its next attempt leaves its turn to others', () => {
  const harness = new GatewayHarness(1, { maxRevocations: 2 })
  for (let id = 1; id <= 5; id++) harness.send({ kind: 'lease-grant', id, ttlMs: 1 })
  harness.store.fates = (_shard, body) => (body.kind === 'lease-close' && body.id <= 3 ? { error: down } : {})
  for (let id = 1; id <= 5; id++) harness.gateway.expireLease(id)
  harness.runtime.advance(20)
  assert.deepEqual([...harness.store.session(1).leases.keys()], [1, 2, 3])
})

test('a drain leaves to the next start what never succeeds, and does not wait for it', async () => {
  for (const kind of ['lease-close', 'lease-drop', 'lease-forget'] as const) {
    const harness = leased(3)
    harness.store.fates = (_shard, body) => (body.kind === kind ? { error: down } : {})
    harness.gateway.expireLease(7)
    harness.runtime.advance(1_000)
    const drain = harness.gateway.drain(8_000)
    const before = harness.now
    while (harness.runtime.pending > 0) harness.runtime.advance(10)
    await drain
    assert.ok(harness.now - before <= 20, `${kind}: ${harness.now - before} ms`)
    harness.gateway.expireLease(7)
    assert.equal(harness.runtime.pending, 0, 'and begins no other')
  }
})

test('a drain ends a client that waits for what never succeeds when its own time is up', async () => {
  const harness = leased(3)
  harness.store.fates = (_shard, { kind }) => (kind === 'lease-drop' ? { error: down } : {})
  const patient = harness.send({ kind: 'lease-revoke', id: 7 }, { deadline: harness.now + 60_000 })
  const drain = harness.gateway.drain(2_000)
  harness.runtime.advance(1_990)
  assert.equal(patient.ending, undefined)
  harness.runtime.advance(20)
  await drain
  assert.deepEqual([patient.error.code, patient.error.outcome], ['deadline', 'unknown'])
  harness.runtime.advance(20)
  assert.equal(harness.runtime.pending, 0)
})

test('a drain is over after its time though a store never answers', async () => {
  const harness = new GatewayHarness(1)
  harness.store.fates = () => ({ silent: true })
  harness.send(putOf('a'))
  let drained = false
  const drain = harness.gateway.drain(3_000).then(() => {
    drained = true
  })
  harness.runtime.advance(2_990)
  await Promise.resolve()
  assert.equal(drained, false)
  harness.runtime.advance(10)
  await drain
})

test('clients that revoke ids nobody granted are bounded, and do not outlive their wish', () => {
  const harness = new GatewayHarness(1, { maxRevocations: 1, queueLength: 3 })
  harness.store.fates = () => ({ silent: true })
  const captures = [1, 2, 3, 4, 5].map((id) =>
    harness.send({ kind: 'lease-revoke', id }, { deadline: harness.now + 500 }),
  )
  assert.deepEqual([captures[4]!.error.reason, captures[4]!.error.outcome], ['queue-full', 'not-applied'])
  assert.equal(captures[3]!.ending, undefined)
  harness.runtime.advance(510)
  assert.deepEqual(
    captures.slice(0, 4).map(({ error }) => error.outcome),
    ['unknown', 'not-applied', 'not-applied', 'not-applied'],
  )
  const asked = () => harness.store.session(1).asked.length
  harness.runtime.advance(60_000)
  harness.store.fates = () => ({})
  const before = asked()
  harness.runtime.advance(60_000)
  assert.ok(asked() - before <= 1, 'those that had not begun are forgotten')
})

test('leases that expire do not wait behind those that clients name, nor the other way round', () => {
  const harness = new GatewayHarness(1, { maxRevocations: 1 })
  for (const id of [1, 2, 3, 4, 5, 6]) harness.send({ kind: 'lease-grant', id, ttlMs: 1 })
  const closed: number[] = []
  harness.store.fates = (_shard, body) => {
    if (body.kind === 'lease-close') closed.push(body.id)
    return { delayMs: 1 }
  }
  for (const id of [1, 2, 3]) harness.gateway.expireLease(id)
  for (const id of [4, 5, 6]) harness.send({ kind: 'lease-revoke', id })
  harness.runtime.advance(100)
  assert.deepEqual(closed, [1, 4, 2, 5, 3, 6])
})
