import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { decodeMark } from '../../../../src/stores/embedded/applier.ts'
import type { Change } from '../../../../src/stores/embedded/engine/engine.ts'
import { slabBytes } from '../../../../src/stores/embedded/log/slab.ts'
import { backlogBytes } from '../../../../src/stores/embedded/open-shard.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { HeldDisk } from '../../../support/disk/held-disk.ts'
import { gathered, turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { putBody, ShardClient, type shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

interface Transaction {
  readonly keys: readonly string[]
  readonly index: number
}

/** Notes its transactions; `onApply` and `onFlush` come before each. */
class WatchedEngine extends ModelEngine {
  readonly seen: Transaction[] = []
  onApply: () => void | Promise<void> = () => {}
  onFlush: () => void | Promise<void> = () => {}

  override async apply(changes: readonly Change[], mark: Uint8Array): Promise<void> {
    await this.onApply()
    this.seen.push({ keys: changes.map(({ key }) => Buffer.from(key).toString()), index: decodeMark(mark).index })
    await super.apply(changes, mark)
  }

  override async flushed(): Promise<void> {
    await this.onFlush()
    await super.flushed()
  }

  value(key: string): string | undefined {
    return this.find(0, Buffer.from(key))
      ? Buffer.from(this.bytes.subarray(this.start, this.end)).toString()
      : undefined
  }
}

async function opened(settings: Partial<typeof shardSettings> = {}, engine = new WatchedEngine()) {
  const runtime = new VirtualRuntime()
  const disk = new FaultyDisk(seededRandom(1))
  const client = await ShardClient.open(runtime, disk, engine, settings)
  return { client, engine, runtime, disk, logged: client.open.logged! }
}

const idle = async (client: ShardClient): Promise<void> => {
  await client.open.logged!.log.idle()
  while (client.open.logged!.overlay.head < client.open.logged!.overlay.tail) await turns(1)
}

test('a transaction has at most 1,024 changes, and marks the last complete entry', async () => {
  const { client, engine } = await opened()
  await Promise.all(Array.from({ length: 3_000 }, (_, i) => client.put(`key${i}`, 'v')))
  await idle(client)
  assert.ok(engine.seen.length >= 3)
  assert.ok(engine.seen.every(({ keys }) => keys.length <= 1024))
  assert.deepEqual(
    engine.seen.flatMap(({ keys }) => keys),
    Array.from({ length: 3_000 }, (_, i) => `key${i}`),
  )
  let last = 0
  for (const { keys, index } of engine.seen) {
    assert.equal(index, last + keys.length)
    last = index
  }
})

test('an entry larger than a transaction is marked when all of it is there', async () => {
  const { client, engine } = await opened()
  await client.put('before', 'v')
  await idle(client)
  const operations = Array.from({ length: 2_500 }, (_, i) => putBody(`key${i}`, 'v'))
  await client.batch({ operations, atomic: true, abortOnFailure: true })
  await client.put('after', 'v')
  await idle(client)
  const marks = engine.seen.map(({ index }) => index)
  // "before"; 1,024 and another 1,024 of the batch; what is left of it with "after".
  assert.deepEqual(marks, [1, 1, 1, 3])
  assert.deepEqual(
    engine.seen.map(({ keys }) => keys.length),
    [1, 1024, 1024, 453],
  )
})

test('of a key written many times only the newest committed effect is applied', async () => {
  const { client, engine } = await opened()
  const writes = Array.from({ length: 500 }, (_, i) => client.put(`key${i % 5}`, `${i}`))
  await Promise.all([...writes, client.put('other', 'v')])
  await idle(client)
  assert.deepEqual(engine.seen.flatMap(({ keys }) => keys).sort(), ['key0', 'key1', 'key2', 'key3', 'key4', 'other'])
  assert.match(engine.value('key4')!, /499$/)
  assert.equal(engine.seen.at(-1)!.index, 501)
})

test('an effect is not skipped for one that is not committed', async () => {
  const runtime = new VirtualRuntime()
  const disk = new HeldDisk(new FaultyDisk(seededRandom(1)))
  const engine = new WatchedEngine()
  const client = await ShardClient.open(runtime, disk, engine)
  const first = client.put('key', 'first')
  await turns()
  const second = client.put('key', 'second')
  disk.release()
  await first
  await gathered()
  assert.match(engine.value('key')!, /first$/)
  assert.equal(engine.seen.at(-1)!.index, 1)
  assert.equal(disk.syncing, 1)
  disk.release()
  await second
  await turns(5)
  assert.match(engine.value('key')!, /second$/)
  assert.equal(engine.seen.at(-1)!.index, 2)
})

test('applying rests in proportion to its work, less the fuller the backlog is, and not at all when it is nearly full', async () => {
  const workMs = 10
  for (const [held, restMs] of [
    [1 / 64, 16 * workMs * (1 - 1 / 64 / 0.75)],
    [1 / 2, 16 * workMs * (1 - 1 / 2 / 0.75)],
    [3 / 4, 0],
    [1, 0],
  ] as const) {
    const engine = new WatchedEngine()
    const { client, runtime } = await opened({ backlogBytes: (1 << 20) / held }, engine)
    engine.onApply = () => runtime.advance(workMs)
    await client.put('first', 'v')
    await turns(5)
    assert.equal(engine.seen.length, 1, 'the first has nothing to rest from')
    await client.put('second', 'v')
    await turns(5)
    if (restMs > 0) {
      assert.equal(engine.seen.length, 1, `${held} full: rests`)
      runtime.advance(restMs - 0.01)
      await turns(5)
      assert.equal(engine.seen.length, 1, `${held} full: still rests`)
      runtime.advance(0.02)
      await turns(5)
    }
    assert.equal(engine.seen.length, 2, `${held} full`)
    assert.equal(await client.get('second'), 'v')
  }
})

test('when writes have stopped, applying rests a quarter as long', async () => {
  const { client, engine, runtime } = await opened({ backlogBytes: 64 << 20 })
  engine.onApply = () => runtime.advance(10)
  await Promise.all(Array.from({ length: 3_000 }, (_, i) => client.put(`key${i}`, 'v')))
  await turns(5)
  assert.equal(engine.seen.length, 1)
  const restMs = 4 * 10 * (1 - 1 / 64 / 0.75)
  runtime.advance(restMs - 0.01)
  await turns(5)
  assert.equal(engine.seen.length, 1, 'still rests')
  runtime.advance(0.02)
  await turns(5)
  assert.equal(engine.seen.length, 2)
})

test('a rest ends at once when the backlog fills meanwhile', async () => {
  const { client, engine, runtime } = await opened({ backlogBytes: 8 << 20 })
  engine.onApply = () => runtime.advance(30)
  await client.put('first', 'v')
  await turns(5)
  await client.put('second', 'v')
  await turns(5)
  assert.equal(engine.seen.length, 1, 'rests')
  for (let i = 0; i < 5; i++) await client.put(`large${i}`, 'x'.repeat(1_000_000))
  await turns(5)
  assert.equal(engine.seen.length, 1, 'five eighths full: still rests')
  await client.put('last', 'x'.repeat(1_000_000))
  await turns(5)
  assert.deepEqual(engine.seen[1]?.keys, ['second', 'large0', 'large1', 'large2', 'large3', 'large4', 'last'])
  assert.equal(client.open.shard.writable, true)
})

test('a rest that would have been shorter with the backlog of now is over when that time has passed', async () => {
  const { client, engine, runtime } = await opened({ backlogBytes: 8 << 20 })
  engine.onApply = () => runtime.advance(30)
  await client.put('first', 'v')
  await turns(5)
  await client.put('second', 'v')
  runtime.advance(16 * 30 * 0.4)
  await turns(5)
  assert.equal(engine.seen.length, 1, 'one eighth full: rests five sixths of the longest rest')
  for (let i = 0; i < 4; i++) await client.put(`large${i}`, 'x'.repeat(1_000_000))
  await turns(5)
  assert.equal(engine.seen.length, 2, 'half full: a third of the longest rest')
})

test('after one transaction that took long, applying rests a second at most', async () => {
  const { client, engine, runtime } = await opened({ backlogBytes: 1 << 30 })
  engine.onApply = () => runtime.advance(400)
  await client.put('first', 'v')
  await turns(5)
  await client.put('second', 'v')
  await turns(5)
  assert.equal(engine.seen.length, 1)
  runtime.advance(1_000)
  await turns(5)
  assert.equal(engine.seen.length, 2)
})

async function writtenWithoutFlush() {
  const engine = new WatchedEngine()
  let release = (): void => {}
  const parts = await opened({ segmentBytes: 16 << 10 }, engine)
  engine.onFlush = () => new Promise<void>((resolve) => (release = resolve))
  const write = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await parts.client.put(`key${i}`, 'x'.repeat(1_000))
    await idle(parts.client)
  }
  await write(100)
  const flush = (): void => {
    engine.onFlush = () => {}
    release()
  }
  return { ...parts, write, flush }
}

test('log files are given back only when the engine has flushed what they hold', async () => {
  const { disk, logged, write, flush } = await writtenWithoutFlush()
  const { applier } = logged
  assert.deepEqual([applier.appliedIndex, applier.flushedIndex], [100, 0])
  const before = disk.list('/data/log').length
  assert.ok(before >= 7, `${before} files hold what is not flushed`)
  flush()
  await write(100)
  await write(1)
  assert.ok(applier.flushedIndex > 150, `${applier.flushedIndex} flushed`)
  const after = disk.list('/data/log').length
  assert.ok(after <= before, `${after} files after twice as many writes`)
})

test('what is applied and not flushed is in the log files', async () => {
  const { client, disk } = await writtenWithoutFlush()
  disk.crash()
  void client.open.logged!.applier.stop()
  const empty = new WatchedEngine()
  const again = await ShardClient.open(new VirtualRuntime(), disk, empty)
  assert.equal((await again.keys()).length, 100)
})

test('an apply that fails stops the shard: nothing further is applied or taken', async () => {
  const engine = new WatchedEngine()
  const { client } = await opened({}, engine)
  await client.put('a', 'v')
  await idle(client)
  engine.onApply = () => {
    throw new Error('MDB_MAP_FULL')
  }
  assert.ok(!((await client.put('b', 'v')) instanceof GatewayError), 'it is in the log')
  await turns(5)
  assert.match(client.open.shard.failure!.message, /MDB_MAP_FULL/)
  assert.equal(engine.seen.length, 1)
  const refused = await client.put('c', 'v')
  assert.ok(refused instanceof GatewayError)
  assert.deepEqual([refused.code, refused.outcome], ['store-failed', 'not-applied'])
})

test('draining leaves everything in the engine, flushed, and then nothing runs', async () => {
  const { client, engine, runtime, logged } = await opened()
  let flushes = 0
  engine.onFlush = () => void flushes++
  engine.onApply = () => runtime.advance(50)
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => client.put(`key${i}`, 'v')))
  await logged.applier.drain(60_000)
  assert.equal(logged.overlay.head, logged.overlay.tail)
  assert.deepEqual([logged.applier.appliedIndex, logged.applier.flushedIndex], [2_000, 2_000])
  assert.equal(engine.count().keys, 2_000)
  assert.ok(flushes > 0)
  const transactions = engine.seen.length
  runtime.advance(10_000)
  await turns(5)
  assert.equal(engine.seen.length, transactions)
})

test('draining ends with its time, flushed as far as it came; the next start finds the rest in the log', async () => {
  const { client, engine, runtime, disk, logged } = await opened()
  await Promise.all(Array.from({ length: 5_000 }, (_, i) => client.put(`key${i}`, 'v')))
  engine.onApply = () => runtime.advance(50)
  const before = engine.seen.length
  await logged.applier.drain(80)
  assert.ok(engine.seen.length - before <= 2, 'each takes 50 ms')
  assert.ok(logged.applier.appliedIndex < 5_000)
  assert.equal(logged.applier.flushedIndex, logged.applier.appliedIndex)
  await logged.log.close()
  const again = await ShardClient.open(new VirtualRuntime(), disk, engine)
  assert.equal(again.open.logged!.overlay.tail - again.open.logged!.overlay.head, 5_000 - logged.applier.appliedIndex)
})

test('memory is given back as effects are applied', async () => {
  const { client, logged } = await opened()
  for (let round = 0; round < 6; round++) {
    await Promise.all(Array.from({ length: 900 }, (_, i) => client.put(`${round}.${i}`, 'x'.repeat(2_000))))
    await idle(client)
    assert.equal(logged.slabs.heldBytes, 1 << 20, 'only the slab that is being filled')
  }
})

test('the backlog is what the engine does not have, and nothing once it has all', async () => {
  const { client, engine, logged } = await opened()
  assert.equal(backlogBytes(logged), 0)
  let release = (): void => {}
  engine.onApply = () => new Promise<void>((resolve) => (release = resolve))
  const written = 5 * 700_000
  for (let i = 0; i < 5; i++) await client.put(`key${i}`, 'x'.repeat(700_000))
  const slack = 5 * (slabBytes - 700_000)
  const bytes = backlogBytes(logged)
  assert.ok(bytes > written && bytes < written + slack, `${bytes}`)
  const hold = engine.onApply
  engine.onApply = () => {}
  release()
  await idle(client)
  assert.equal(backlogBytes(logged), 0)
  engine.onApply = hold
  await client.put('small', 'x'.repeat(100))
  const small = backlogBytes(logged)
  assert.ok(small > 100 && small < 1_000, `${small}`)
  release()
})

test('with durability os the engine never gets ahead of the log, so that a power cut tears no batch', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const disk = new FaultyDisk(seededRandom(seed))
    const engine = new ModelEngine(true, true)
    const settings = { durability: 'os', segmentBytes: 64 << 10 } as const
    const client = await ShardClient.open(new VirtualRuntime(), disk.mount(), engine, settings)
    const operations = Array.from({ length: 1_500 }, (_, i) => putBody(`key${i}`, 'batch'))
    const batch = client.batch({ operations, atomic: true, abortOnFailure: true })
    void client.put('key0', 'later')
    await batch
    while (engine.transactions < 1) await turns(1)
    disk.crash()
    engine.crash()
    void client.open.logged!.applier.stop()
    const again = await ShardClient.open(new VirtualRuntime(), disk.mount(), engine, settings)
    const { length } = await again.keys()
    assert.ok(length === 0 || length === 1_500, `seed ${seed}: ${length} records of a batch of 1,500`)
    disk.kill()
    void again.open.logged!.applier.stop()
  }
})
