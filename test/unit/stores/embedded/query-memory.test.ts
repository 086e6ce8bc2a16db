import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Body } from '../../../../src/operation/body.ts'
import type { Origin } from '../../../../src/operation/operation.ts'
import { parseQuery } from '../../../../src/operation/query/parse.ts'
import { QueryMemory } from '../../../../src/operation/query/query-memory.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import type { Runtime } from '../../../../src/runtime/runtime.ts'
import { openShard } from '../../../../src/stores/embedded/open-shard.ts'
import { SliceScheduler } from '../../../../src/stores/embedded/range/slices.ts'
import { ReplyMemory } from '../../../../src/stores/embedded/reply-memory.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { ShardClient, shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

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

/** A shard with records, on a clock that moves a little each time somebody looks at it, so that slices end. */
async function opened(limitBytes: number, syncReads: boolean) {
  const virtual = new VirtualRuntime()
  let looks = 0
  const clock = { now: () => looks++ * 0.02 + virtual.clock.now(), wallMs: virtual.clock.wallMs }
  const runtime: Runtime = { random: virtual.random, timers: virtual.timers, clock }
  const queries = new QueryMemory(limitBytes)
  const disk = new FaultyDisk(seededRandom(1))
  const surroundings = {
    runtime,
    disk,
    slices: new SliceScheduler(runtime),
    queries,
    replies: new ReplyMemory(64 << 20),
  }
  const client = new ShardClient(await openShard(surroundings, new ModelEngine(syncReads), shardSettings))
  const json = { contentType: 'application/json' }
  const value = (i: number): string => JSON.stringify({ text: String(i).padStart(groupBytes, 'x') })
  await Promise.all(Array.from({ length: records }, (_, i) => client.put(`key:${i}`, value(i), json)))
  const seen: string[] = []
  const ask = async (name: string, body: Body, arrivedAt: number, deadline = 1e9, origin: Origin = { gone: false }) => {
    const reply = await client.ask(body, { arrivedAt, tag: seen.length, deadline, origin })
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
  return { client, queries, seen, ask, until, now: () => clock.now() }
}

for (const syncReads of [true, false]) {
  describe(`queries over an engine that ${syncReads ? 'answers at once' : 'is waited for'}`, () => {
    test('together hold no more than the bound and what the oldest needs, and all are answered, the oldest first', async () => {
      const limit = 512 * KiB
      const { queries, seen, ask, until } = await opened(limit, syncReads)
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
      const { queries, seen, ask, until, now } = await opened(256 * KiB, syncReads)
      const others = queries.begin(0, 0)
      others.holds(256 * KiB)
      const origin = { gone: false }
      void ask('late', groups, 1, now() + 40)
      void ask('gone', groups, 2, 1e9, origin)
      void ask('patient', groups, 3)
      await until(() => seen.length === 1)
      assert.deepEqual(seen, ['late deadline'])
      origin.gone = true
      await until(() => seen.length === 2)
      assert.equal(seen[1], 'gone abandoned')
      assert.ok(queries.heldBytes < 512 * KiB, `${queries.heldBytes} bytes`)
      others.end()
      await until(() => seen.length === 3)
      assert.equal(seen[2], `patient ${records}`)
      assert.equal(queries.heldBytes, 0)
    })
  })
}

test('what needs little goes on beside queries that wait, and what came together is told apart', () => {
  const queries = new QueryMemory(100 * KiB)
  const [first, second, small] = [queries.begin(5, 1), queries.begin(5, 2), queries.begin(6, 3)]
  queries.resize(0, 50 * KiB)
  assert.ok(first.mayGrow && second.mayGrow && small.mayGrow)
  first.holds(80 * KiB)
  second.holds(80 * KiB)
  small.holds(64 * KiB)
  assert.deepEqual([first.mayGrow, second.mayGrow, small.mayGrow], [true, false, true])
  first.end()
  first.end()
  assert.equal(queries.heldBytes, (80 + 64 + 50) * KiB)
  assert.deepEqual([second.mayGrow, small.mayGrow], [true, true])
  queries.resize(50 * KiB, 0)
  second.end()
  small.end()
  assert.equal(queries.heldBytes, 0)
})
