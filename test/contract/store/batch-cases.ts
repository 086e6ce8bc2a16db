import assert from 'node:assert/strict'
import { GatewayError } from '../../../src/errors.ts'
import type { BatchBody, PointBody } from '../../../src/operation/body.ts'
import { etagOf } from '../../../src/operation/record.ts'
import type { BatchReply } from '../../../src/operation/reply.ts'
import type { CaseContext, CaseRegister } from './store-case.ts'
import { bytes, putBody, textOf } from './store-client.ts'

const get = (key: string): PointBody => ({ kind: 'get', key: bytes(key), projection: 'value' })
const remove = (key: string): PointBody => ({ kind: 'delete', key: bytes(key) })
const increment = (key: string): PointBody => ({
  kind: 'modify',
  key: bytes(key),
  change: { name: 'increment', by: 1n },
})
const onlyNew = (key: string, value: string): PointBody => putBody(key, value, { condition: { ifNoneMatch: '*' } })

const batchOf = (operations: readonly PointBody[], extra: Partial<BatchBody> = {}): BatchBody => ({
  kind: 'batch',
  operations,
  atomic: true,
  abortOnFailure: true,
  ...extra,
})

/** Status, value or error code of each result. */
function shown({ results }: BatchReply): (string | undefined)[] {
  return results.map((result) => {
    if (result instanceof GatewayError) return result.code
    return result.kind === 'written' ? result.status : textOf(result.record)
  })
}

export function batchCases(store: CaseRegister): void {
  const on = (name: string, run: (context: CaseContext) => Promise<void>): void =>
    store.on(['put', 'get', 'batch'], `batch: ${name}`, run)

  for (const [name, mode] of [
    ['atomic', {}],
    ['atomic, going on after failures', { abortOnFailure: false }],
    ['not atomic', { atomic: false, abortOnFailure: false }],
  ] as const) {
    on(`${name}: each operation sees those before it`, async ({ client, key }) => {
      const operations = [
        get(key()),
        putBody(key(), '1'),
        get(key()),
        increment(key()),
        get(key()),
        remove(key()),
        get(key()),
      ]
      const reply = await client.expect('batch', batchOf([...operations, putBody(key('b'), 'x')], mode))
      assert.deepEqual(shown(reply), [undefined, 'created', '1', 'updated', '2', 'deleted', undefined, 'created'])
      assert.deepEqual([reply.watchFailed, reply.replayed], [false, false])
      assert.equal(await client.get(key('b')), 'x')
      assert.equal(await client.get(key()), undefined)
    })
  }

  on('operations of one entry have versions of their own', async ({ client, key }) => {
    const operations = Array.from({ length: 50 }, (_, i) => putBody(key(`${i % 10}`), `${i}`))
    const { results } = await client.expect('batch', batchOf(operations))
    const tags = results.map((result) => ('version' in result ? etagOf(result.version!) : ''))
    assert.equal(new Set(tags).size, 50)
    for (let i = 0; i < 10; i++) assert.equal(etagOf(await client.version(key(`${i}`))), tags[40 + i])
  })

  on('atomic, a failure takes everything back', async ({ client, key }) => {
    await client.put(key('there'), 'old')
    await client.put(key('text'), 'not a number')
    const version = await client.version(key('there'))
    const operations = [
      putBody(key('there'), 'new'),
      remove(key('text')),
      putBody(key('fresh'), 'x'),
      onlyNew(key('there'), 'y'),
    ]
    const error = await client.refuse('precondition-failed', batchOf(operations))
    assert.equal(error.outcome, 'not-applied')
    assert.match(error.detail, /3/, 'says which operation')
    assert.equal(await client.get(key('there')), 'old')
    assert.deepEqual(await client.version(key('there')), version)
    assert.equal(await client.get(key('text')), 'not a number')
    assert.equal(await client.get(key('fresh')), undefined)
    await client.refuse('not-an-integer', batchOf([putBody(key('fresh'), 'x'), increment(key('text'))]))
    assert.equal(await client.get(key('fresh')), undefined)
    assert.equal((await client.put(key('fresh'), 'now')).status, 'created')
  })

  on('without abortOnFailure a failing operation only fails itself', async ({ client, key }) => {
    await client.put(key('text'), 'not a number')
    for (const atomic of [true, false]) {
      const operations = [putBody(key('a'), '1'), increment(key('text')), onlyNew(key('a'), '2'), increment(key('a'))]
      const reply = await client.expect('batch', batchOf(operations, { atomic, abortOnFailure: false }))
      assert.deepEqual(shown(reply).slice(1), ['not-an-integer', 'precondition-failed', 'updated'])
      assert.equal(await client.get(key('a')), '2')
    }
  })

  on('watches that hold let it through, one that does not stops it', async ({ client, key }) => {
    await client.put(key('a'), '1')
    const watchA = { key: bytes(key('a')), version: await client.version(key('a')) }
    const watchNone = { key: bytes(key('none')), version: undefined }
    const write = (value: string, extra: Partial<BatchBody>) =>
      client.expect('batch', batchOf([putBody(key('b'), value)], { abortOnFailure: false, ...extra }))
    assert.equal((await write('one', { watches: [watchA, watchNone] })).watchFailed, false)
    await client.put(key('a'), '1')
    const stopped = await write('two', { watches: [watchNone, watchA] })
    assert.deepEqual([stopped.watchFailed, stopped.results], [true, []])
    assert.equal(await client.get(key('b')), 'one')
    await client.put(key('none'), 'x')
    assert.equal((await write('three', { watches: [watchNone] })).watchFailed, true)
    assert.equal((await write('four', { watches: [] })).watchFailed, false)
    assert.equal(await client.get(key('b')), 'four')
  })

  on('a watched record that expired has changed', async ({ client, key, harness }) => {
    await client.put(key('a'), '1', { expiry: { kind: 'after', ms: 1_000 } })
    const watch = { key: bytes(key('a')), version: await client.version(key('a')) }
    await harness.elapse(1_001)
    const reply = await client.expect('batch', batchOf([putBody(key('b'), 'x')], { watches: [watch] }))
    assert.equal(reply.watchFailed, true)
    const none = { key: bytes(key('a')), version: undefined }
    assert.equal(
      (await client.expect('batch', batchOf([putBody(key('b'), 'x')], { watches: [none] }))).watchFailed,
      false,
    )
  })

  on('an aborted batch takes back what it found expired, expiries and all', async ({ client, key, harness }) => {
    const expiry = { kind: 'after', ms: 1_000 } as const
    await client.put(key('a'), 'expiring', { expiry })
    await client.put(key('b'), 'b', { expiry: { kind: 'after', ms: 50_000 } })
    await harness.elapse(1_001)
    const none = { key: bytes(key('a')), version: undefined }
    const operations = [get(key('a')), putBody(key('a'), 'new'), putBody(key('b'), 'bb'), onlyNew(key('b'), 'x')]
    await client.refuse('precondition-failed', batchOf(operations, { watches: [none] }))
    assert.equal(await client.get(key('a')), undefined)
    assert.equal(await client.get(key('b')), 'b')
    assert.equal((await client.put(key('a'), 'later')).status, 'created')
    await harness.elapse(50_000)
    assert.equal(await client.get(key('b')), undefined)
    assert.equal(await client.get(key('a')), 'later')
  })

  on('thousands of operations, some values large, taken back or not', async ({ client, key, harness }) => {
    const large = Math.min(200_000, harness.maxValueBytes)
    const operations = Array.from({ length: 4_000 }, (_, i) =>
      putBody(key(`${i}`), i % 500 === 0 ? 'x'.repeat(large) : `${i}`, { expiry: { kind: 'after', ms: 600_000 } }),
    )
    await client.refuse(
      'precondition-failed',
      batchOf([...operations, putBody(key(), '', { condition: { ifMatch: '*' } })]),
    )
    assert.equal(await client.get(key('3999')), undefined)
    const reply = await client.expect('batch', batchOf(operations))
    assert.ok(shown(reply).every((status) => status === 'created'))
    assert.equal(await client.get(key('3999')), '3999')
    assert.equal((await client.get(key('3500')))!.length, large)
  })

  on('of none is an answer', async ({ client }) => {
    assert.deepEqual((await client.expect('batch', batchOf([]))).results, [])
  })
}
