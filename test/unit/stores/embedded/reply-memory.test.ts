import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Body } from '../../../../src/operation/body.ts'
import { QueryMemory } from '../../../../src/operation/query/query-memory.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { openShard } from '../../../../src/stores/embedded/open-shard.ts'
import { SliceScheduler } from '../../../../src/stores/embedded/range/slices.ts'
import { ReplyMemory } from '../../../../src/stores/embedded/reply-memory.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { HeldDisk } from '../../../support/disk/held-disk.ts'
import { gathered } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { operationOf, putBody, ShardClient, shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const valueBytes = 40_000
const large = Buffer.from('large')
const other = Buffer.from('other')
const append: Body = { kind: 'modify', key: large, change: { name: 'append', value: Buffer.from('x') } }
const getMany = (...keys: Buffer[]): Body => ({ kind: 'get-many', keys })
const get = (key: Buffer): Body => ({ kind: 'get', key, projection: 'value' })

/** A shard with two large records; the write that comes next does not become durable before `sync`. */
async function opened() {
  const runtime = new VirtualRuntime()
  const disk = new HeldDisk(new FaultyDisk(seededRandom(1)))
  const replies = new ReplyMemory(3 * valueBytes)
  const surroundings = {
    runtime,
    disk,
    slices: new SliceScheduler(runtime),
    queries: new QueryMemory(runtime, 1 << 30),
    replies,
  }
  const client = new ShardClient(await openShard(surroundings, new ModelEngine(true), shardSettings))
  const sync = async (): Promise<void> => {
    await gathered()
    disk.release()
    await gathered()
  }
  const written = [client.put('large', 'x'.repeat(valueBytes)), client.put('other', 'x'.repeat(valueBytes))]
  await sync()
  await Promise.all(written)
  const seen: string[] = []
  /** Answers whether the session would take more. */
  const ask = (body: Body): boolean =>
    client.open.shard.dispatch(body, operationOf(body), {
      onReply: (_, reply) => seen.push(`${body.kind} ${reply.kind}`),
      onError: (_, { code, reason, outcome }) => seen.push(`${body.kind} ${[code, reason, outcome].join(' ')}`),
    })
  return { client, replies, sync, seen, ask }
}

const refusedRead = 'overloaded backlog '
const refusedWrite = 'overloaded backlog not-applied'

describe('answers that wait for the disk', () => {
  test('are held within the bound, and whoever asks is held back', async () => {
    const { replies, sync, seen, ask } = await opened()
    assert.equal(ask(append), true)
    assert.deepEqual(
      [1, 2, 3].map(() => ask(getMany(large))),
      [true, true, false],
    )
    assert.equal(ask(getMany(large)), false)
    assert.equal(ask(get(large)), false)
    assert.ok(replies.heldBytes < 4 * valueBytes)
    await sync()
    assert.deepEqual(seen.sort(), [
      `get ${refusedRead}`,
      `get-many ${refusedRead}`,
      ...Array(3).fill('get-many records'),
      'modify written',
    ])
    assert.equal(replies.heldBytes, 0)
    ask(append)
    assert.equal(ask(getMany(large)), true)
    await sync()
    assert.deepEqual(seen.slice(-2), ['modify written', 'get-many records'])
  })

  test('do not stand in the way of answers that wait for nothing, nor of writes that return nothing', async () => {
    const { seen, sync, ask } = await opened()
    ask(append)
    for (let i = 0; i < 3; i++) ask(getMany(large))
    ask(getMany(other))
    ask(get(other))
    ask({ kind: 'exists-many', keys: [large] })
    ask(putBody('small', 'v'))
    assert.deepEqual(seen, ['get-many records', 'get record'])
    await sync()
    assert.deepEqual(seen.slice(2), [
      'modify written',
      ...Array(3).fill('get-many records'),
      'exists-many count',
      'put written',
    ])
  })

  test('count where only the last key of a list has to be waited for', async () => {
    const { replies, seen, ask } = await opened()
    const gone = Buffer.from('other')
    ask({ kind: 'delete', key: gone })
    for (let i = 0; i < 6; i++) ask(getMany(large, gone))
    assert.deepEqual(seen, Array(3).fill(`get-many ${refusedRead}`))
    assert.ok(replies.heldBytes < 4 * valueBytes)
  })

  test('are not added to by writes that return records: those are not applied', async () => {
    const { client, seen, sync, ask } = await opened()
    for (let i = 0; i < 3; i++) ask(putBody('large', 'y'.repeat(valueBytes), { returnPrevious: true }))
    ask(putBody('other', 'z', { returnPrevious: true }))
    ask({ kind: 'delete', key: other, returnPrevious: true })
    ask({ kind: 'modify', key: other, change: { name: 'get-and-expire', expiry: { kind: 'after', ms: 1 } } })
    assert.deepEqual(seen, [`put ${refusedWrite}`, `delete ${refusedWrite}`, `modify ${refusedWrite}`])
    const operations = [putBody('new', 'v'), get(other) as Extract<Body, { kind: 'get' }>]
    const failed = await client.batch({ operations, atomic: true, abortOnFailure: true })
    assert.ok(failed instanceof GatewayError)
    assert.deepEqual([failed.code, failed.reason, failed.outcome], ['overloaded', 'backlog', 'not-applied'])
    await sync()
    assert.equal((await client.get('other'))?.length, valueBytes)
    assert.equal(await client.get('new'), undefined)
  })

  test('count once for all shards', async () => {
    const { replies, seen, sync, ask } = await opened()
    replies.heldBytes += 3 * valueBytes
    ask(append)
    ask(getMany(large))
    await sync()
    assert.deepEqual(seen, ['modify written', `get-many ${refusedRead}`])
  })
})
