import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clearExpiry } from '../../../../src/operation/body.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import type { Change } from '../../../../src/stores/embedded/engine/engine.ts'
import { settleShard } from '../../../../src/stores/embedded/open-shard.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { putBody, ShardClient, type shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

/** Applies nothing while `held`. */
class HeldEngine extends ModelEngine {
  held: Promise<void> | undefined

  override async apply(changes: readonly Change[], mark: Uint8Array): Promise<void> {
    await this.held
    await super.apply(changes, mark)
  }

  /** Keys of the expiry index. */
  async indexed(): Promise<number> {
    let count = 0
    const range = { space: 1, lower: Uint8Array.of(1), lowerInclusive: true, upper: Uint8Array.of(2) } as const
    await this.walk({ ...range, upperInclusive: false, reverse: false, values: false, limit: 1e6 }, () => ++count > 0)
    return count
  }
}

for (const syncReads of [true, false]) {
  describe(`sweeping, ${syncReads ? 'immediate' : 'fetched'} reads`, () => sweeping(syncReads))
}

function sweeping(syncReads: boolean): void {
  async function opened(settings: Partial<typeof shardSettings> = {}) {
    const runtime = new VirtualRuntime()
    const engine = new HeldEngine(syncReads)
    const disk = new FaultyDisk(seededRandom(1))
    const client = await ShardClient.open(runtime, disk, engine, settings)
    const { logged, sweeper } = client.open
    const idle = async (): Promise<void> => {
      await logged!.log.idle()
      while (logged!.overlay.head < logged!.overlay.tail) await turns(1)
    }
    const sweepAll = async (): Promise<number> => {
      let sweeps = 1
      while (await sweeper.sweep()) sweeps += 1
      return sweeps
    }
    return { client, disk, engine, runtime, sweeper, log: logged!.log, idle, sweepAll }
  }

  const soon = { expiry: { kind: 'after', ms: 1_000 } } as const

  test('deletes what has expired, with its index entry, by the log', async () => {
    const { client, engine, runtime, idle, sweeper, sweepAll, log } = await opened()
    await client.put('stays', 'v')
    await client.put('later', 'v', { expiry: { kind: 'after', ms: 5_000 } })
    for (let i = 0; i < 20; i++) await client.put(`key${i}`, 'v', soon)
    await idle()
    assert.deepEqual([engine.count().keys, await engine.indexed()], [22, 21])
    assert.equal(await sweeper.sweep(), false)
    await idle()
    assert.equal(engine.count().keys, 22, 'nothing is due')
    runtime.advance(1_001)
    const entries = log.nextIndex
    await sweepAll()
    await idle()
    assert.deepEqual([engine.count().keys, await engine.indexed()], [2, 1])
    assert.equal(log.nextIndex, entries + 1)
    assert.equal(sweeper.expired, 20)
  })

  test('more than one sweep holds is deleted once, although nothing is applied meanwhile', async () => {
    const { client, engine, runtime, idle, sweeper, sweepAll, log } = await opened()
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => client.put(`key${i}`, 'v', soon)))
    await idle()
    runtime.advance(1_001)
    let release = (): void => {}
    engine.held = new Promise((resolve) => (release = resolve))
    const entries = log.nextIndex
    assert.ok((await sweepAll()) >= 8)
    assert.equal(sweeper.expired, 2_000)
    const written = log.nextIndex - entries
    assert.ok(written <= 9, `${written} entries for 2,000 records`)
    for (let i = 0; i < 5; i++) await sweepAll()
    assert.equal(log.nextIndex - entries, written, 'what is deleted is not deleted again')
    engine.held = undefined
    release()
    await idle()
    await sweepAll()
    await idle()
    assert.deepEqual([engine.count().keys, await engine.indexed()], [0, 0])
  })

  test('what came to expire behind the place of the last sweep is found once that is applied', async () => {
    const { client, engine, runtime, idle, sweepAll } = await opened()
    await Promise.all(Array.from({ length: 300 }, (_, i) => client.put(`key${i}`, 'v', soon)))
    await idle()
    runtime.advance(2_000)
    await sweepAll()
    await client.put('before', 'v', { expiry: { kind: 'at', ms: runtime.clock.wallMs() - 1_500 } })
    await idle()
    await sweepAll()
    await idle()
    assert.deepEqual([engine.count().keys, await engine.indexed()], [0, 0])
  })

  test('an expiry that has moved is left alone, and its old index entry goes', async () => {
    const { client, engine, runtime, idle, sweeper, sweepAll } = await opened()
    for (const key of ['renewed', 'cleared', 'deleted', 'rewritten']) await client.put(key, 'v', soon)
    await idle()
    await client.put('renewed', 'w', { expiry: { kind: 'after', ms: 9_000 } })
    await client.put('cleared', 'w')
    await client.ask({ kind: 'delete', key: Buffer.from('deleted') })
    await client.put('rewritten', 'w', { expiry: { kind: 'keep' } })
    runtime.advance(1_001)
    // The changes may still be in the overlay while the engine's index is read.
    await sweepAll()
    await idle()
    assert.deepEqual(await client.keys(), ['cleared', 'renewed'])
    await sweepAll()
    await idle()
    assert.deepEqual([engine.count().keys, await engine.indexed(), sweeper.expired], [2, 1, 1])
  })

  test('waits while the backlog is full, and goes on afterwards', async () => {
    const { client, engine, runtime, idle, sweeper, sweepAll, log } = await opened({ backlogBytes: 3 << 20 })
    await Promise.all(Array.from({ length: 300 }, (_, i) => client.put(`key${i}`, 'v', soon)))
    await idle()
    runtime.advance(1_001)
    let release = (): void => {}
    engine.held = new Promise((resolve) => (release = resolve))
    await Promise.all([0, 1, 2, 3].map((i) => client.put(`big${i}`, 'x'.repeat(900_000))))
    assert.equal(client.open.shard.writable, false)
    const entries = log.nextIndex
    assert.equal(await sweeper.sweep(), false)
    await log.idle()
    assert.equal(log.nextIndex, entries)
    engine.held = undefined
    release()
    await idle()
    assert.equal(client.open.shard.writable, true)
    await sweepAll()
    await idle()
    assert.equal(engine.count().keys, 4)
  })

  test('a shard that has failed is left alone', async () => {
    const { client, runtime, sweeper, log, idle, engine } = await opened()
    await client.put('key', 'v', soon)
    await idle()
    runtime.advance(1_001)
    client.open.shard.fail(new Error('EIO'))
    const entries = log.nextIndex
    assert.equal(await sweeper.sweep(), false)
    assert.equal(log.nextIndex, entries)
    assert.equal(engine.count().keys, 1)
  })

  test('outcomes are forgotten at their time and counted no more', async () => {
    const { client, engine, runtime, idle, sweepAll } = await opened({ idempotencyEntries: 2, idempotencyTtlMs: 5_000 })
    const stamp = (n: number) => ({ idempotency: { scope: Buffer.alloc(16, n), fingerprint: Buffer.alloc(16, n) } })
    const put = (n: number) =>
      client.ask(putBody(`key${n}`, 'v'), stamp(n)).then((answer) => ('code' in answer ? answer.code : answer.kind))
    assert.deepEqual([await put(1), await put(2), await put(3)], ['written', 'written', 'overloaded'])
    await idle()
    runtime.advance(5_001)
    await sweepAll()
    await idle()
    assert.equal(await engine.indexed(), 0)
    assert.deepEqual([await put(3), await put(4), await put(5)], ['written', 'written', 'overloaded'])
  })

  test('outcomes are bounded by their bytes too, which are given back and are known again after a restart', async () => {
    const settings = { idempotencyEntries: 20, idempotencyTtlMs: 5_000 }
    const { client, disk, engine, runtime, idle } = await opened(settings)
    const stamp = (n: number) => ({ idempotency: { scope: Buffer.alloc(16, n), fingerprint: Buffer.alloc(16, n) } })
    const operations = Array.from({ length: 1_000 }, (_, i) => putBody(`key${i}`, 'v'))
    const body = { kind: 'batch', operations, atomic: false, abortOnFailure: false } as const
    const ask = async (asked: ShardClient, n: number): Promise<string> => {
      const answer = await asked.ask(body, stamp(n))
      return 'code' in answer ? `${answer.reason}` : answer.kind
    }
    const statuses: string[] = []
    for (let n = 1; n <= 8; n++) statuses.push(await ask(client, n))
    const stored = statuses.indexOf('idempotency-full')
    // 20 times 640 bytes, and each of these takes three or four thousand.
    assert.ok(stored >= 3 && stored <= 5, statuses.join())
    assert.ok(statuses.slice(stored).every((status) => status === 'idempotency-full'))
    await idle()
    await settleShard(client.open)
    const again = await ShardClient.open(runtime, disk, engine, settings)
    assert.equal(await ask(again, 100), 'idempotency-full')
    runtime.advance(5_001)
    while (await again.open.sweeper.sweep());
    assert.equal(await ask(again, 100), 'batch')
    for (let n = 101; n < 100 + stored; n++) assert.equal(await ask(again, n), 'batch')
    assert.equal(await ask(again, 110), 'idempotency-full')
  })

  test('once nothing can expire a blind put looks nothing up; with the first expiry it does again', async () => {
    const { client, engine, runtime, idle, sweepAll } = await opened()
    let looks = 0
    const find = engine.find.bind(engine)
    const fetch = engine.fetch.bind(engine)
    engine.find = (space, key) => {
      looks += 1
      return find(space, key)
    }
    engine.fetch = (space, keys) => {
      looks += keys.length
      return fetch(space, keys)
    }
    const blindPut = async (key: string): Promise<number> => {
      const before = looks
      await client.put(key, 'v', { blind: true, expiry: clearExpiry })
      return looks - before
    }
    await idle()
    await sweepAll()
    const free = await blindPut('a')
    await client.put('b', 'v', soon)
    await blindPut('b')
    if (syncReads) assert.equal(free, 0)
    await idle()
    await sweepAll()
    assert.equal(await client.get('b'), 'v')
    runtime.advance(2_000)
    assert.equal(await client.get('b'), 'v', 'the blind put has cleared the expiry')
  })
}
