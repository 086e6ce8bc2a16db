import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../../src/errors.ts'
import type { Body } from '../../../../../src/operation/body.ts'
import type { Operation } from '../../../../../src/operation/operation.ts'
import { parseQuery } from '../../../../../src/operation/query/parse.ts'
import { QueryMemory } from '../../../../../src/operation/query/query-memory.ts'
import type { Disk } from '../../../../../src/runtime/disk.ts'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import type { Runtime } from '../../../../../src/runtime/runtime.ts'
import { openShard } from '../../../../../src/stores/embedded/open-shard.ts'
import { SliceScheduler } from '../../../../../src/stores/embedded/range/slices.ts'
import { ReplyMemory } from '../../../../../src/stores/embedded/reply-memory.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { HeldDisk } from '../../../../support/disk/held-disk.ts'
import { gathered } from '../../../../support/log-fixture.ts'
import { ModelEngine } from '../../../../support/model-engine.ts'
import { operationOf, ShardClient, shardSettings } from '../../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../../support/virtual-runtime.ts'

const KiB = 1024
const records = 1000
const groupBytes = 1000
/** What one query over everything holds at least. */
const wholeBytes = records * groupBytes

function queryOf(request: object): Body {
  const query = parseQuery(request)
  assert.ok(!(query instanceof GatewayError))
  return { kind: 'query', range: {}, query }
}

/** Every record is a group of its own. */
const groups = queryOf({ aggregate: { n: { count: '*' } }, groupBy: ['text'], limit: 10_000 })
const rows = queryOf({ orderBy: [{ field: 'text', order: 'desc' }], limit: 10_000 })

interface Options {
  readonly shards?: number
  readonly disk?: Disk
}

/** Shards with the same records, on a clock that moves a little each time somebody looks at it, so that slices end. */
async function opened(limitBytes: number, syncReads: boolean, { shards = 1, disk }: Options = {}) {
  const virtual = new VirtualRuntime()
  let looks = 0
  const clock = { now: () => looks++ * 0.02 + virtual.clock.now(), wallMs: virtual.clock.wallMs }
  const runtime: Runtime = { random: virtual.random, timers: virtual.timers, clock }
  const queries = new QueryMemory(runtime, limitBytes)
  const surroundings = {
    runtime,
    disk: disk ?? new FaultyDisk(seededRandom(1)),
    slices: new SliceScheduler(runtime),
    queries,
    replies: new ReplyMemory(64 << 20),
  }
  const clients: ShardClient[] = []
  for (let shard = 0; shard < shards; shard++) {
    const settings = { ...shardSettings, shard, dataDirectory: `/data/${shard}` }
    clients.push(new ShardClient(await openShard(surroundings, new ModelEngine(syncReads), settings)))
  }
  const json = { contentType: 'application/json' }
  const value = (i: number): string => JSON.stringify({ text: String(i).padStart(groupBytes, 'x') })
  const fill = (client: ShardClient) =>
    Promise.all(Array.from({ length: records }, (_, i) => client.put(`key:${i}`, value(i), json)))
  const seen: string[] = []
  const ask = async (name: string, body: Body, arrivedAt: number, extra: Partial<Operation> = {}, shard = 0) => {
    const reply = await clients[shard]!.ask(body, { arrivedAt, tag: arrivedAt, deadline: 1e9, ...extra })
    if (reply instanceof GatewayError) seen.push(`${name} ${reply.code}`)
    else {
      assert.ok(reply.kind === 'query')
      const { partial } = reply
      seen.push(`${name} ${partial.kind === 'rows' ? partial.rows.length : partial.groups.length}`)
    }
  }
  /** Lets others work until `enough`, and tells what all queries held at most meanwhile. */
  const until = async (enough: () => boolean, turns = 20_000): Promise<number> => {
    let most = 0
    for (let i = 0; i < turns && !enough(); i++) {
      await new Promise((resolve) => setImmediate(resolve))
      most = Math.max(most, queries.heldBytes)
    }
    assert.ok(enough(), `after ${turns} turns: ${seen.join(', ')}`)
    return most
  }
  return { clients, queries, fill, seen, ask, until, advance: (ms: number) => virtual.advance(ms), looks: () => looks }
}

for (const syncReads of [true, false]) {
  describe(`queries over an engine that ${syncReads ? 'answers at once' : 'is waited for'}`, () => {
    test('together hold no more than the bound and what the oldest needs, and all are answered, the oldest first', async () => {
      const limit = 512 * KiB
      const { clients, queries, fill, seen, ask, until } = await opened(limit, syncReads)
      await fill(clients[0]!)
      void ask('alone', rows, 0)
      const alone = await until(() => seen.length === 1)
      assert.ok(alone >= wholeBytes, `${alone} bytes`)
      seen.length = 0
      const names = Array.from({ length: 10 }, (_, i) => `q${i}`)
      for (const [i, name] of [...names.entries()].reverse()) void ask(name, i % 2 === 0 ? groups : rows, i)
      const most = await until(() => seen.length === names.length)
      assert.deepEqual(
        seen,
        names.map((name) => `${name} ${records}`),
      )
      // What is held at the end of a turn, between which one may grow by a slice and be done.
      assert.ok(most > limit && most < limit + 2 * alone, `${most} bytes, ${alone} alone`)
      assert.equal(queries.heldBytes, 0)
    })

    test('that wait end with their deadline and with their client, and go on when there is room', async () => {
      const { clients, queries, fill, seen, ask, until, advance, looks } = await opened(256 * KiB, syncReads)
      await fill(clients[0]!)
      const others = queries.begin(0, 0, 1e9)
      others.resize(256 * KiB)
      const origin = { gone: false }
      void ask('late', groups, 1, { deadline: 5_000 })
      void ask('gone', groups, 2, { origin })
      void ask('patient', groups, 3)
      await until(() => queries.waiting === 3)
      const before = looks()
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
      assert.ok(looks() <= before + 2, 'who waits does not turn the loop')
      advance(5_000)
      await until(() => seen.length === 1)
      assert.deepEqual(seen, ['late deadline'])
      origin.gone = true
      advance(50)
      await until(() => seen.length === 2)
      assert.equal(seen[1], 'gone abandoned')
      assert.ok(queries.heldBytes < 512 * KiB, `${queries.heldBytes} bytes`)
      others.release()
      await until(() => seen.length === 3)
      assert.equal(seen[2], `patient ${records}`)
      assert.equal(queries.heldBytes, 0)
    })
  })
}

test('the work of one query in many shards goes on in one of them at a time, once there is too much', async () => {
  const limit = 512 * KiB
  const { clients, queries, fill, seen, ask, until } = await opened(limit, true, { shards: 8 })
  for (const client of clients) await fill(client)
  for (let shard = 0; shard < 8; shard++) void ask(`shard ${shard}`, groups, 1, {}, shard)
  const most = await until(() => seen.length === 8)
  assert.deepEqual(
    seen,
    clients.map((_, shard) => `shard ${shard} ${records}`),
  )
  assert.ok(most > limit && most < limit + 3 * wholeBytes, `${most} bytes`)
  assert.equal(queries.heldBytes, 0)
})

test('answers that wait for the disk are held, and nobody goes on while there is too much of them', async () => {
  const disk = new HeldDisk(new FaultyDisk(seededRandom(1)))
  const limit = 512 * KiB
  const { clients, queries, fill, seen, ask, until } = await opened(limit, true, { disk })
  const written = fill(clients[0]!)
  for (let i = 0; i < 10; i++) void ask(`q${i}`, groups, i)
  await until(() => queries.waiting === 9)
  assert.deepEqual(seen, [])
  assert.ok(queries.heldBytes > wholeBytes && queries.heldBytes < limit + 3 * wholeBytes, `${queries.heldBytes} bytes`)
  const release = async (): Promise<void> => {
    await gathered()
    if (disk.syncing > 0) disk.release()
  }
  for (let turn = 0; turn < 2000 && seen.length < 10; turn++) await release()
  await written
  assert.deepEqual(
    seen,
    Array.from({ length: 10 }, (_, i) => `q${i} ${records}`),
  )
  assert.equal(queries.heldBytes, 0)
})

for (const syncReads of [true, false]) {
  const where = syncReads ? 'at once' : 'behind a read'
  test(`work for an answer that nobody waits for ends, as in a shard that has stopped, ${where}`, async () => {
    const { clients, queries, until, advance } = await opened(0, syncReads)
    const { shard } = clients[0]!.open
    const seen: string[] = []
    const others = queries.begin(0, 0, 1e9)
    others.resize(1)
    const ask = (arrivedAt: number) => {
      const handler = {
        unwanted: false,
        onReply: () => seen.push('answered'),
        onError: (_: Operation, { code }: GatewayError) => seen.push(code),
      }
      shard.dispatch(groups, operationOf(groups, { arrivedAt, tag: arrivedAt }), handler)
      return handler
    }
    // What follows is queued behind it where reads are fetched.
    const read = clients[0]!.get('key:1')
    const settled = ask(1)
    ask(2)
    await until(() => queries.waiting === 2)
    await read
    settled.unwanted = true
    advance(50)
    await until(() => seen.length === 1)
    assert.deepEqual(seen, ['abandoned'])
    await until(() => queries.waiting === 1)
    shard.fail(new Error('disk on fire'))
    advance(50)
    others.release()
    await until(() => seen.length === 2)
    assert.equal(seen.length, 2)
    assert.equal(queries.heldBytes, 0)
  })
}
