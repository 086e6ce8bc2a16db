import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { putBody, ShardClient } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const valueBytes = 10_000
const budgetBytes = 105_000
const key = Buffer.from('large')
const get = { kind: 'get', key, projection: 'value' } as const

/** A shard with one record, of which ten fit an answer. */
async function opened(): Promise<ShardClient> {
  const disk = new FaultyDisk(seededRandom(1))
  const settings = { mergeBudgetBytes: budgetBytes }
  const client = await ShardClient.open(new VirtualRuntime(), disk, new ModelEngine(true), settings)
  await client.put('large', 'x'.repeat(valueBytes))
  return client
}

describe('the records that one operation is answered with are bounded', () => {
  test('in a list of keys, although a key may come many times', async () => {
    const client = await opened()
    const enough = await client.ask({ kind: 'get-many', keys: Array(10).fill(key) })
    assert.ok(!(enough instanceof GatewayError) && enough.kind === 'records')
    assert.equal(enough.records.length, 10)
    const refused = await client.ask({ kind: 'get-many', keys: Array(11).fill(key) })
    assert.ok(refused instanceof GatewayError)
    assert.deepEqual([refused.code, refused.outcome], ['result-too-large', undefined])
  })

  test('and hold a single value that is as large as the budget', async () => {
    const client = await opened()
    await client.put('largest', 'x'.repeat(budgetBytes))
    const largest = Buffer.from('largest')
    const many = await client.ask({ kind: 'get-many', keys: [largest] })
    assert.ok(!(many instanceof GatewayError))
    const last = await client.ask({ kind: 'delete', key: largest, returnPrevious: true })
    assert.ok(!(last instanceof GatewayError) && last.kind === 'written')
    assert.equal(last.previous?.bytes.length, budgetBytes)
  })

  test('in a batch, whose writes go on', async () => {
    const client = await opened()
    const operations = [...Array(12).fill(get), putBody('after', 'v')]
    const reply = await client.batch({ operations, atomic: false, abortOnFailure: false })
    assert.ok(!(reply instanceof GatewayError))
    const codes = reply.results.map((result) => (result instanceof GatewayError ? result.code : result.kind))
    assert.deepEqual(codes, [...Array(10).fill('record'), 'result-too-large', 'result-too-large', 'written'])
    assert.equal(await client.get('after'), 'v')
  })

  test('in a batch, which looks at no record any more once there is no room for one', async () => {
    const client = await opened()
    const absent = { ...get, key: Buffer.from('absent') }
    const reply = await client.batch({
      operations: [...Array(11).fill(get), absent],
      atomic: false,
      abortOnFailure: false,
    })
    assert.ok(!(reply instanceof GatewayError))
    const codes = reply.results.slice(10).map((result) => (result instanceof GatewayError ? result.code : result.kind))
    assert.deepEqual(codes, ['result-too-large', 'result-too-large'])
  })

  test('in an atomic batch, which is then not applied', async () => {
    const client = await opened()
    const operations = [putBody('before', 'v'), ...Array(11).fill(get)]
    const reply = await client.batch({ operations, atomic: true, abortOnFailure: true })
    assert.ok(reply instanceof GatewayError)
    assert.deepEqual([reply.code, reply.outcome], ['result-too-large', 'not-applied'])
    assert.equal(await client.get('before'), undefined)
  })

  test('in what writes return of the record before, and then they do not write', async () => {
    const client = await opened()
    const swap = putBody('large', 'y'.repeat(valueBytes), { returnPrevious: true })
    const last = { kind: 'delete', key, returnPrevious: true } as const
    const reply = await client.batch({
      operations: [...Array(10).fill(swap), last],
      atomic: false,
      abortOnFailure: false,
    })
    assert.ok(!(reply instanceof GatewayError))
    const refused = reply.results.at(-1)
    assert.ok(refused instanceof GatewayError)
    assert.deepEqual([refused.code, refused.outcome], ['result-too-large', 'not-applied'])
    assert.equal((await client.get('large'))?.length, valueBytes)
  })
})

test('a batch, which is done in one go, may be answered with 8 MiB, a list of keys with more, in slices', async () => {
  const disk = new FaultyDisk(seededRandom(1))
  const settings = { mergeBudgetBytes: 64 << 20 }
  const client = await ShardClient.open(new VirtualRuntime(), disk, new ModelEngine(true), settings)
  await client.put('large', 'x'.repeat(1_000_000))
  const operations = Array(9).fill(get)
  const reply = await client.batch({ operations, atomic: false, abortOnFailure: false })
  assert.ok(!(reply instanceof GatewayError))
  const codes = reply.results.map((result) => (result instanceof GatewayError ? result.code : result.kind))
  assert.deepEqual(codes, [...Array(8).fill('record'), 'result-too-large'])
  assert.match((reply.results[8] as GatewayError).detail, /8388608 bytes/)

  const handler = { onReply() {}, onError() {} }
  const operation = { deadline: Number.POSITIVE_INFINITY, origin: { gone: false } } as never
  const list = (length: number) => ({ kind: 'get-many', keys: Array(length).fill(key) }) as const
  assert.equal(client.open.shard.dispatch(list(1), operation, handler), true)
  assert.equal(client.open.shard.dispatch(list(20), operation, handler), false, 'it goes on in later turns')
  const many = await client.ask(list(20))
  assert.ok(!(many instanceof GatewayError) && many.kind === 'records')
  assert.ok(many.records.every((record) => record?.bytes.length === 1_000_000))
})
