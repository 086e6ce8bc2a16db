import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError, type Outcome } from '../../../src/errors.ts'
import type { Body, PointBody, ScanBody } from '../../../src/operation/body.ts'
import type { Handler } from '../../../src/operation/operation.ts'
import { parseQuery } from '../../../src/operation/query/parse.ts'
import { GatewayHarness } from '../../support/gateway-harness.ts'
import { bytesOf, operationOf, putOf } from '../../support/operations.ts'

const everything: ScanBody = { kind: 'scan', range: {}, order: 'asc', limit: 1_000, maxBytes: 1e6, values: true }

function failure(outcome?: Outcome): GatewayError {
  return new GatewayError('store-failed', 'disk on fire', outcome === undefined ? {} : { outcome })
}

/** 40 records, spread over the shards. */
function filled(harness: GatewayHarness): string[] {
  const keys = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')}`)
  for (const key of keys) harness.put(key, { key })
  return keys
}

function deleteOf(keys: readonly string[]): Body {
  return { kind: 'delete-many', keys: keys.map(bytesOf) }
}

function batchOf(operations: readonly PointBody[]): Body {
  return { kind: 'batch', operations, atomic: false, abortOnFailure: false }
}

function queryOf(request: unknown): Body {
  const query = parseQuery(request)
  assert.ok(!(query instanceof GatewayError))
  return { kind: 'query', range: {}, query }
}

test('a delete over shards says whether any part may have been applied', () => {
  // Shards that are to fail with their outcomes, and what the client is told: if all are asked at the same time, and if
  // shard 1 answers before the next is asked.
  for (const [broken, outcomes, expected, inTurn] of [
    [[2], { 2: 'not-applied' }, 'unknown', 'unknown'],
    [[1], { 1: 'not-applied' }, 'unknown', 'not-applied'],
    [[2], { 2: 'unknown' }, 'unknown', 'unknown'],
    [
      [1, 2, 3, 4],
      { 1: 'not-applied', 2: 'not-applied', 3: 'not-applied', 4: 'not-applied' },
      'not-applied',
      'not-applied',
    ],
    [[1, 2, 3, 4], { 1: 'not-applied', 2: 'unknown', 3: 'not-applied', 4: 'not-applied' }, 'unknown', 'not-applied'],
    [[1, 2, 3, 4], { 1: 'not-applied', 3: 'not-applied', 4: 'not-applied' }, 'unknown', 'not-applied'],
  ] as const) {
    for (const delayMs of [undefined, 5]) {
      const harness = new GatewayHarness(4)
      const keys = filled(harness)
      harness.store.fates = (shard) => ({
        ...(delayMs === undefined ? {} : { delayMs: delayMs * shard }),
        ...((broken as readonly number[]).includes(shard)
          ? { error: failure((outcomes as Record<number, Outcome | undefined>)[shard]) }
          : {}),
      })
      const capture = harness.send(deleteOf([...keys].sort((a, b) => harness.shardOf(a) - harness.shardOf(b))))
      harness.runtime.advance(100)
      assert.equal(capture.error.code, 'store-failed')
      const told = delayMs === undefined ? inTurn : expected
      assert.equal(capture.error.outcome, told, `${JSON.stringify(outcomes)} after ${delayMs} ms`)
      // What is not applied for certain must really not be.
      if (told === 'not-applied') assert.deepEqual(harness.store.keys(), keys)
    }
  }
})

test('a write that failed waits for the shards it asked, and asks no further one', () => {
  const harness = new GatewayHarness(4, { maxShardsInFlight: 2 })
  const keys = filled(harness)
  harness.store.fates = (shard) => (shard === 1 ? { error: failure('not-applied') } : { delayMs: 30 })
  const asked = () => [1, 2, 3, 4].filter((shard) => harness.store.session(shard).asked.at(-1)?.kind === 'delete-many')
  const capture = harness.send(deleteOf([...keys].sort((a, b) => harness.shardOf(a) - harness.shardOf(b))))
  assert.deepEqual(asked(), [1])
  assert.equal(capture.error.outcome, 'not-applied')

  const again = new GatewayHarness(4, { maxShardsInFlight: 2 })
  filled(again)
  again.store.fates = (shard) => (shard === 1 ? { error: failure('not-applied'), delayMs: 10 } : { delayMs: 30 })
  const mixed = again.send(deleteOf([...keys].sort((a, b) => again.shardOf(a) - again.shardOf(b))))
  again.runtime.advance(20)
  assert.equal(mixed.ending, undefined)
  again.runtime.advance(20)
  assert.equal(mixed.error.outcome, 'unknown')
  assert.equal(again.store.session(3).asked.at(-1)?.kind, 'put')
})

test('of a batch over shards only the operations of the failed shard fail, with the outcome it gave', () => {
  const harness = new GatewayHarness(4)
  const keys = filled(harness)
  harness.store.fates = (shard) => (shard === 3 ? { error: failure('unknown') } : {})
  const gets = keys.map((key) => ({ kind: 'get', key: bytesOf(key), projection: 'value' }) as const)
  const reply = harness.send(batchOf([...gets, putOf('new', 'x')])).reply('batch')
  assert.equal(reply.results.length, keys.length + 1)
  keys.forEach((key, i) => {
    const result = reply.results[i]!
    if (harness.shardOf(key) === 3) {
      assert.ok(result instanceof GatewayError)
      assert.equal(result.outcome, 'unknown')
    } else {
      assert.ok(!(result instanceof GatewayError) && result.kind === 'record')
      // The store has overwritten what it lent: this must be a copy.
      const { bytes, valueStart, valueEnd } = result.record!
      assert.equal(Buffer.from(bytes).toString('utf8', valueStart, valueEnd), JSON.stringify({ key }))
    }
  })
  harness.store.fates = () => ({ error: failure('not-applied') })
  const all = harness.send(batchOf(gets))
  assert.deepEqual([all.error.code, all.error.outcome], ['store-failed', 'not-applied'])
})

test('a read ends with the first failure, without waiting for the others', () => {
  const harness = new GatewayHarness(4)
  filled(harness)
  harness.store.fates = (shard) => (shard === 2 ? { error: failure() } : { delayMs: 50 })
  const capture = harness.send(everything)
  assert.equal(capture.error.code, 'store-failed')
  assert.equal(capture.error.outcome, undefined)
  harness.runtime.advance(100)
})

test('an error about the request is no missing shard', () => {
  const harness = new GatewayHarness(4)
  filled(harness)
  harness.store.session(2).queryBudgetBytes = 10
  const capture = harness.send(queryOf({}), { partial: true })
  assert.equal(capture.error.code, 'result-too-large')
})

test('a shard that is slow is left out in time to answer, where that is allowed', () => {
  const harness = new GatewayHarness(4, { shardTimeoutMs: 200 })
  filled(harness)
  harness.store.fates = (shard) => (shard === 4 ? { silent: true } : {})
  const deadline = harness.now + 10_000
  const strict = harness.send({ kind: 'count', range: {} }, { deadline })
  const lenient = harness.send({ kind: 'count', range: {} }, { deadline, partial: true })
  harness.runtime.advance(190)
  assert.equal(lenient.ending, undefined)
  harness.runtime.advance(20)
  assert.equal(strict.error.code, 'deadline')
  const { count, missing } = lenient.reply('count')
  assert.equal(count, 40 - harness.store.session(4).records.length)
  assert.deepEqual(
    missing?.map(({ shard, error }) => [shard, error.code]),
    [[4, 'deadline']],
  )
})

test('what is merged of a query is counted until it is answered, however that ends', () => {
  const harness = new GatewayHarness(4)
  for (let i = 0; i < 40; i++) harness.put(`k${i}`, { text: 'x'.repeat(100) })
  const rows = queryOf({ limit: 1_000 })
  for (const fate of [{ delayMs: 50 }, { error: new GatewayError('store-failed', 'full') }, { silent: true }]) {
    harness.store.fates = (shard) => (shard === 4 ? { delayMs: 50, ...fate } : {})
    const capture = harness.send(rows, { deadline: harness.now + 200 })
    assert.ok(harness.queries.heldBytes > 2_000, `${harness.queries.heldBytes} bytes`)
    harness.runtime.advance(10_000)
    assert.notEqual(capture.ending, undefined)
    assert.equal(harness.queries.heldBytes, 0)
  }
})

test('shards learn that nobody waits for their part of an answer any more', () => {
  const harness = new GatewayHarness(2)
  const handlers: Handler[] = []
  for (const shard of [1, 2]) {
    harness.store.session(shard).dispatch = (_body, _operation, handler) => handlers.push(handler) > 0
  }
  const counting = harness.send({ kind: 'count', range: {} })
  const late = harness.send(queryOf({}), { deadline: harness.now + 100 })
  const unwanted = () => handlers.map((handler) => handler.unwanted)
  assert.deepEqual(unwanted(), [false, false, false, false])
  handlers[0]!.onError(operationOf({ kind: 'count', range: {} }), new GatewayError('result-too-large', 'too much'))
  assert.equal(counting.error.code, 'result-too-large')
  assert.deepEqual(unwanted().slice(1), [true, false, false])
  harness.runtime.advance(200)
  assert.equal(late.error.code, 'deadline')
  assert.deepEqual(unwanted().slice(1), [true, true, true])
})

test('merging stays within its budget', () => {
  const harness = new GatewayHarness(4, { mergeBudgetBytes: 1_000 })
  for (let i = 0; i < 40; i++) harness.put(`k${i}`, 'x'.repeat(100))
  const keys = Array.from({ length: 40 }, (_, i) => bytesOf(`k${i}`))
  assert.equal(harness.send({ kind: 'get-many', keys }).error.code, 'result-too-large')
  assert.equal(harness.send(everything).error.code, 'result-too-large')
  assert.equal(harness.send(queryOf({ limit: 1_000 })).error.code, 'result-too-large')
  assert.equal(harness.send({ ...everything, limit: 2 }).reply('page').entries.length, 2)
})

test('no more shards are asked at the same time than the cap says', () => {
  const harness = new GatewayHarness(16, { maxShardsInFlight: 3 })
  filled(harness)
  let running = 0
  let most = 0
  harness.store.fates = () => {
    most = Math.max(most, ++running)
    harness.runtime.timers.after(4, () => running--)
    return { delayMs: 5 }
  }
  const capture = harness.send(everything)
  harness.runtime.advance(1_000)
  assert.equal(capture.reply('page').entries.length, 40)
  assert.equal(most, 3)
})

test('positions name every shard touched once, as of its last answer', () => {
  const harness = new GatewayHarness(4)
  filled(harness)
  const { positions } = harness.send(everything).reply('page')
  assert.deepEqual(
    positions.map(({ shard }) => shard),
    [1, 2, 3, 4],
  )
})

test('a shard that answers out of turn or out of kind is an internal error, not a wrong answer', () => {
  const harness = new GatewayHarness(4)
  harness.store.session(2).execute = () => ({ kind: 'page', entries: [], more: true, positions: [] })
  assert.equal(harness.send(everything).error.code, 'internal')
  assert.equal(harness.send({ kind: 'count', range: {} }).error.code, 'internal')
})

test('a random key is looked for in every shard before saying that there is none', () => {
  const harness = new GatewayHarness(4)
  assert.deepEqual(harness.send({ kind: 'random-key' }).reply('page').entries, [])
  harness.put('only', 1)
  const home = harness.shardOf('only')
  for (let i = 0; i < 20; i++) {
    const [entry] = harness.send({ kind: 'random-key' }).reply('page').entries
    assert.equal(Buffer.from(entry!.key).toString(), 'only')
  }
  harness.store.fates = (shard) => (shard === home ? {} : { error: failure() })
  assert.equal(harness.send({ kind: 'random-key' }).reply('page').entries.length, 1)
  harness.store.fates = (shard) => (shard === home ? { error: failure() } : {})
  assert.equal(harness.send({ kind: 'random-key' }).error.code, 'store-failed')
})

test('leases of all shards are listed by id', () => {
  const harness = new GatewayHarness(4)
  for (const id of [9, 3, 77, 5, 1_000_000]) harness.send({ kind: 'lease-grant', id, ttlMs: 1_000 }).reply('leases')
  const { leases } = harness.send({ kind: 'lease-list', after: 0, limit: 1_000 }).reply('leases')
  assert.deepEqual(
    leases.map(({ id }) => id),
    [3, 5, 9, 77, 1_000_000],
  )
})

test('pages of leases are those of one list, however many shards they lie in', () => {
  for (const shards of [1, 2, 7]) {
    const harness = new GatewayHarness(shards)
    const ids = Array.from({ length: 40 }, (_, i) => 1 + ((i * 17) % 41) * 1_000_003)
    for (const id of ids) harness.send({ kind: 'lease-grant', id, ttlMs: 1_000 }).reply('leases')
    ids.sort((a, b) => a - b)
    for (const limit of [1, 3, 39, 40, 41]) {
      const seen: number[] = []
      for (let after = 0, more = true; more; after = seen.at(-1)!) {
        const page = harness.send({ kind: 'lease-list', after, limit }).reply('leases')
        const left = ids.length - seen.length
        assert.equal(page.leases.length, Math.min(limit, left))
        assert.equal(page.more, left > limit)
        more = page.more
        seen.push(...page.leases.map(({ id }) => id))
      }
      assert.deepEqual(seen, ids)
    }
  }
})

test('scans have their own permits and queue: they crowd out each other, never single reads', () => {
  const harness = new GatewayHarness(4, { maxScans: 2, scanQueueLength: 1, inFlight: 1 })
  filled(harness)
  harness.store.fates = (_shard, { kind }) => (kind === 'get' ? {} : { delayMs: 20 })
  // To find out how many records there are may take a walk over all of them.
  const heavy: readonly Body[] = [{ kind: 'count', range: {} }, { kind: 'size' }]
  const scans = Array.from({ length: 4 }, (_, i) => harness.send(heavy[i % 2]!))
  assert.deepEqual(
    scans.map(({ ending }) => (ending instanceof GatewayError ? ending.reason : ending)),
    [undefined, undefined, 'scans', undefined],
  )
  harness.send({ kind: 'get', key: bytesOf('k01'), projection: 'value' }).reply('record')
  harness.runtime.advance(50)
  for (const scan of [scans[0]!, scans[1]!, scans[3]!]) assert.equal(scan.reply('count').count, 40)
  assert.equal(harness.runtime.pending, 0)
})

test('a scan that failed early keeps its permit until the last shard has answered', () => {
  const harness = new GatewayHarness(4, { maxScans: 1, scanQueueLength: 4 })
  filled(harness)
  harness.store.fates = (shard) => (shard === 1 ? { error: failure() } : { delayMs: 40 })
  assert.equal(harness.send({ kind: 'count', range: {} }).error.code, 'store-failed')
  // Shard 1 failed at once: no other was asked after it. The next one fails only after others were asked.
  harness.store.fates = (shard) => (shard === 4 ? { error: failure() } : { delayMs: 40 })
  assert.equal(harness.send({ kind: 'count', range: {} }).error.code, 'store-failed')
  harness.store.fates = () => ({})
  const next = harness.send({ kind: 'count', range: {} })
  assert.equal(next.ending, undefined)
  harness.runtime.advance(41)
  assert.equal(next.reply('count').count, 40)
})

test('a scan whose client goes away asks no further shard', () => {
  const harness = new GatewayHarness(4, { maxShardsInFlight: 1 })
  filled(harness)
  harness.store.fates = () => ({ delayMs: 10 })
  const origin = { gone: false }
  const capture = harness.send({ kind: 'count', range: {} }, { origin })
  origin.gone = true
  harness.runtime.advance(100)
  assert.equal(capture.error.code, 'abandoned')
  assert.deepEqual(
    [1, 2, 3, 4].map((shard) => harness.store.session(shard).asked.filter(({ kind }) => kind === 'count').length),
    [1, 0, 0, 0],
  )
})
