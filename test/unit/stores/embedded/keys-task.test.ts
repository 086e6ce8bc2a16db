import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { KeysBody } from '../../../../src/operation/body.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { keysPerEntry } from '../../../../src/stores/embedded/keys-task.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { ShardClient } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const many = 5 * keysPerEntry
const keyOf = (i: number): Buffer => Buffer.from(`key${i}`)

/** A shard with `many` records, whose clock moves by 1 ms at each look-up of an engine. */
async function opened() {
  const runtime = new VirtualRuntime()
  const engine = new ModelEngine(true)
  const client = await ShardClient.open(runtime, new FaultyDisk(seededRandom(1)), engine)
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
  return { client, runtime }
}

const all = (kind: KeysBody['kind']): KeysBody => ({ kind, keys: Array.from({ length: many }, (_, i) => keyOf(i)) })

test('a long list gives others their turn, and its keys may be overwritten meanwhile', async () => {
  const { client } = await opened()
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
  const { client } = await opened()
  const handler = { onReply() {}, onError() {} }
  const operation = { deadline: Number.POSITIVE_INFINITY, origin: { gone: false } } as never
  assert.equal(client.open.shard.dispatch(all('exists-many'), operation, handler), false)
  const short = { kind: 'exists-many', keys: [keyOf(1), keyOf(2)] } as const
  assert.equal(client.open.shard.dispatch(short, operation, handler), true)
})

test('a list that runs out of time says what became of it', async () => {
  const { client, runtime } = await opened()
  const late = await client.ask(all('delete-many'), { deadline: runtime.clock.now() + 20 })
  assert.ok(late instanceof GatewayError)
  assert.deepEqual([late.code, late.outcome], ['deadline', 'unknown'])
  const left = await client.ask(all('exists-many'))
  assert.ok(!(left instanceof GatewayError) && left.kind === 'count')
  assert.ok(left.count > 0 && left.count < many, `${left.count}`)
  assert.equal((many - left.count) % keysPerEntry, 0, 'in whole entries')
})

test('what a long list deletes is gone when it is answered', async () => {
  const { client } = await opened()
  const reply = await client.ask(all('delete-many'))
  assert.ok(!(reply instanceof GatewayError) && reply.kind === 'count')
  assert.equal(reply.count, many)
  assert.equal(await client.get('key7'), undefined)
})
