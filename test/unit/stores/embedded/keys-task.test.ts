import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { KeysBody } from '../../../../src/operation/body.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { LentKeys, OwnKeys } from '../../../../src/stores/embedded/key-list.ts'
import { keysPerEntry } from '../../../../src/stores/embedded/keys-task.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { operationOf, ShardClient, type shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const many = 5 * keysPerEntry
const keyOf = (i: number): Buffer => Buffer.from(`key${i}`)

/** A shard with `many` records, whose clock moves by 0.05 ms at each look-up of an engine. */
async function opened(syncReads = true, settings: Partial<typeof shardSettings> = {}) {
  const runtime = new VirtualRuntime()
  const engine = new ModelEngine(syncReads)
  const client = await ShardClient.open(runtime, new FaultyDisk(seededRandom(1)), engine, settings)
  await Promise.all(Array.from({ length: many }, (_, i) => client.put(`key${i}`, `value${i}`)))
  while (client.open.logged!.overlay.size > 0) {
    runtime.advance(100)
    await turns(1)
  }
  const find = engine.find.bind(engine)
  engine.find = (space, key) => {
    runtime.advance(0.05)
    return find(space, key)
  }
  const fetch = engine.fetch.bind(engine)
  engine.fetch = (space, keys) => {
    runtime.advance(0.05 * keys.length)
    return fetch(space, keys)
  }
  return { client, runtime }
}

const all = (kind: KeysBody['kind']): KeysBody => ({ kind, keys: Array.from({ length: many }, (_, i) => keyOf(i)) })

for (const syncReads of [true, false]) {
  describe(`lists of keys, ${syncReads ? 'immediate' : 'fetched'} reads`, () => {
    test('a long list gives others their turn, and its keys may be overwritten meanwhile', async () => {
      const { client } = await opened(syncReads)
      const list = all('get-many')
      const order: string[] = []
      const reply = client.ask(list).then((answer) => {
        order.push('list')
        return answer
      })
      for (const key of list.keys) key.fill(0x78)
      await client.get('key1').then(() => order.push('get'))
      const answer = await reply
      assert.deepEqual(order, ['get', 'list'])
      assert.ok(!(answer instanceof GatewayError) && answer.kind === 'records')
      const values = answer.records.map((record) => record && Buffer.from(record.bytes).toString())
      assert.deepEqual(
        values,
        Array.from({ length: many }, (_, i) => `value${i}`),
      )
    })

    test('who asks a long list is held back until it is answered, a short one not', async () => {
      const { client } = await opened(syncReads)
      const handler = { onReply() {}, onError() {} }
      const operation = { deadline: Number.POSITIVE_INFINITY, origin: { gone: false } } as never
      assert.equal(client.open.shard.dispatch(all('exists-many'), operation, handler), false)
      const short = { kind: 'exists-many', keys: [keyOf(1), keyOf(2)] } as const
      assert.equal(client.open.shard.dispatch(short, operation, handler), true)
    })

    test('a list that runs out of time says what became of it', async () => {
      const { client, runtime } = await opened(syncReads)
      const late = await client.ask(all('delete-many'), { deadline: runtime.clock.now() + 20 })
      assert.ok(late instanceof GatewayError)
      assert.deepEqual([late.code, late.outcome], ['deadline', 'unknown'])
      const left = await client.ask(all('exists-many'))
      assert.ok(!(left instanceof GatewayError) && left.kind === 'count')
      assert.ok(left.count > 0 && left.count < many, `${left.count}`)
      assert.equal((many - left.count) % keysPerEntry, 0, 'in whole entries')
    })

    test('what a long list deletes is gone when it is answered', async () => {
      const { client } = await opened(syncReads)
      const reply = await client.ask(all('delete-many'))
      assert.ok(!(reply instanceof GatewayError) && reply.kind === 'count')
      assert.equal(reply.count, many)
      assert.equal(await client.get('key7'), undefined)
    })

    test('a list whose client has given it up goes by the deadline it came with', async () => {
      const { client, runtime } = await opened(syncReads)
      const operation = { ...operationOf(all('exists-many')), deadline: runtime.clock.now() + 20 }
      const answers: string[] = []
      client.open.shard.dispatch(operation.body, operation, {
        onReply: () => answers.push('reply'),
        onError: (_, error) => answers.push(error.code),
      })
      operation.deadline = Number.POSITIVE_INFINITY
      for (let i = 0; i < 100 && answers.length === 0; i++) await turns(1)
      assert.deepEqual(answers, ['deadline'])
    })

    test('a list of the same large value over and over is refused, and does no harm', async () => {
      const { client } = await opened(syncReads, { mergeBudgetBytes: 1 << 20 })
      await client.put('large', 'x'.repeat(10_000))
      const reply = await client.ask({ kind: 'get-many', keys: Array(10_000).fill(Buffer.from('large')) })
      assert.ok(reply instanceof GatewayError)
      assert.equal(reply.code, 'result-too-large')
      const count = await client.ask({ kind: 'exists-many', keys: Array(10_000).fill(Buffer.from('large')) })
      assert.ok(!(count instanceof GatewayError) && count.kind === 'count')
      assert.equal(count.count, 10_000)
    })

    test('a list that is under way when the shard fails is answered', async () => {
      const { client } = await opened(syncReads)
      const reply = client.ask(all('delete-many'))
      await turns(1)
      client.open.shard.fail(new Error('EIO'))
      const answer = await reply
      assert.ok(answer instanceof GatewayError)
      assert.deepEqual([answer.code, answer.outcome], ['store-failed', 'unknown'])
    })
  })
}

test('a list is parked in one copy, once', () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => Buffer.from('x'.repeat(i % 100)))
  const own = new OwnKeys(new LentKeys(keys))
  const expected = keys.map(String)
  for (const key of keys) key.fill(0)
  const copies = Array.from({ length: own.length }, (_, i) => own.at(i))
  assert.deepEqual(
    copies.map((copy) => Buffer.from(copy).toString()),
    expected,
  )
  assert.equal(new Set(copies.map(({ buffer }) => buffer)).size, 1)
})

for (const syncReads of [true, false]) {
  const what = syncReads ? 'two hold them at a time' : 'each is answered in full although they are fetched'
  test(`of many lists with large values ${what}`, async () => {
    const [lists, length] = [8, keysPerEntry + 1]
    const runtime = new VirtualRuntime()
    const engine = new ModelEngine(syncReads)
    const settings = { mergeBudgetBytes: 64 << 20 }
    const client = await ShardClient.open(runtime, new FaultyDisk(seededRandom(1)), engine, settings)
    const value = 'x'.repeat(20_000)
    await Promise.all(Array.from({ length: lists }, (_, i) => client.put(`key${i}`, value)))
    while (client.open.logged!.overlay.size > 0) {
      runtime.advance(100)
      await turns(1)
    }
    const begun = new Map<string, number>()
    const answered: string[] = []
    let most = 0
    const decode = client.open.engine.find.bind(client.open.engine)
    const seen = (key: string): void => {
      begun.set(key, (begun.get(key) ?? 0) + 1)
      // More than a MiB of its values has been looked at.
      const holding = [...begun].filter(([each, looks]) => looks > 60 && !answered.includes(each))
      most = Math.max(most, holding.length)
    }
    engine.find = (space, key) => {
      if (space === 0) seen(Buffer.from(key).toString())
      runtime.advance(0.2)
      return decode(space, key)
    }
    const asked = Array.from({ length: lists }, async (_, i) => {
      const reply = await client.ask({ kind: 'get-many', keys: Array(length).fill(Buffer.from(`key${i}`)) })
      assert.ok(!(reply instanceof GatewayError) && reply.kind === 'records')
      assert.ok(reply.records.length === length && reply.records.every((record) => record?.bytes.length === 20_000))
      answered.push(`key${i}`)
    })
    await Promise.all(asked)
    assert.equal(new Set(answered).size, lists)
    if (syncReads) assert.equal(most, 2, `${most} lists held values at one time`)
  })
}
