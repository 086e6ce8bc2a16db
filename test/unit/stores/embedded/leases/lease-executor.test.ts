import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../../src/errors.ts'
import type { LeaseInfo } from '../../../../../src/operation/reply.ts'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import type { Change } from '../../../../../src/stores/embedded/engine/engine.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { turns } from '../../../../support/log-fixture.ts'
import { ModelEngine } from '../../../../support/model-engine.ts'
import { ShardClient, type shardSettings } from '../../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../../support/virtual-runtime.ts'

/** Applies nothing while `stuck`. */
class StuckEngine extends ModelEngine {
  stuck = false

  override async apply(changes: readonly Change[], mark: Uint8Array): Promise<void> {
    if (this.stuck) await new Promise(() => {})
    await super.apply(changes, mark)
  }
}

const key = (name: string): Buffer => Buffer.from(name)
const ttlMs = 10_000

class Leases {
  readonly runtime = new VirtualRuntime()
  readonly disk = new FaultyDisk(seededRandom(4))
  readonly engine: StuckEngine
  readonly settings: Partial<typeof shardSettings>
  client!: ShardClient

  constructor(syncReads: boolean, settings: Partial<typeof shardSettings> = {}) {
    this.engine = new StuckEngine(syncReads)
    this.settings = settings
  }

  async open(): Promise<this> {
    this.client = await ShardClient.open(this.runtime, this.disk.mount(), this.engine, this.settings)
    return this
  }

  /** The process dies, and another one opens the shard. */
  async reopen(): Promise<void> {
    this.disk.kill()
    this.engine.kill()
    void this.client.open.logged!.applier.stop()
    this.engine.stuck = false
    await this.open()
  }

  async ask(kind: 'lease-grant' | 'lease-keepalive' | 'lease-get' | 'lease-close' | 'lease-forget', id: number) {
    const answer = await this.client.ask(kind === 'lease-grant' ? { kind, id, ttlMs } : { kind, id })
    if (answer instanceof GatewayError) return answer.code
    return 'leases' in answer ? answer.leases[0] : undefined
  }

  async attach(id: number, name: string): Promise<string> {
    const answer = await this.client.ask({ kind: 'lease-attach', id, key: key(name) })
    if (answer instanceof GatewayError) return `${answer.code} ${answer.reason ?? ''}`.trim()
    await this.client.put(name, 'v', { lease: id })
    return 'attached'
  }

  async list(): Promise<Map<number, readonly string[]>> {
    const answer = await this.client.ask({ kind: 'lease-list', after: 0, limit: 1_000 })
    const leases = 'leases' in answer ? answer.leases : []
    const keys = new Map<number, readonly string[]>()
    for (const { id } of leases) {
      const lease = (await this.ask('lease-get', id)) as LeaseInfo
      keys.set(id, lease.keys.map((each) => Buffer.from(each).toString()).sort())
    }
    return keys
  }

  get due(): number[] {
    return this.client.open.leases.due()
  }
}

for (const syncReads of [true, false]) {
  describe(`leases of a shard, ${syncReads ? 'immediate' : 'fetched'} reads`, () => leases(syncReads))
}

function leases(syncReads: boolean): void {
  test('a lease that ended is announced, again and again, until it is revoked', async () => {
    const shard = await new Leases(syncReads).open()
    await shard.ask('lease-grant', 1)
    await shard.ask('lease-grant', 2)
    assert.deepEqual(shard.due, [])
    shard.runtime.advance(9_000)
    await shard.ask('lease-keepalive', 2)
    shard.runtime.advance(1_000)
    assert.deepEqual(shard.due, [1])
    assert.deepEqual(shard.due, [], 'it was just announced')
    shard.runtime.advance(4_999)
    assert.deepEqual(shard.due, [])
    shard.runtime.advance(1)
    assert.deepEqual(shard.due, [1])
    await shard.ask('lease-close', 1)
    shard.runtime.advance(4_000)
    assert.deepEqual(shard.due, [2], 'whoever closed it has time to finish')
    shard.runtime.advance(5_000)
    assert.deepEqual(shard.due.sort(), [1, 2], 'a revocation that was not finished is announced too')
    await shard.ask('lease-forget', 1)
    shard.runtime.advance(10_000)
    assert.deepEqual(shard.due, [2])
    assert.equal(shard.client.open.leases.count, 1)
  })

  test('keys are only in the answers of those who ask for them', async () => {
    const shard = await new Leases(syncReads).open()
    await shard.ask('lease-grant', 1)
    await shard.attach(1, 'a')
    const keysIn = async (kind: Parameters<Leases['ask']>[0]): Promise<number> =>
      ((await shard.ask(kind, 1)) as LeaseInfo).keys.length
    assert.deepEqual(
      [await keysIn('lease-grant'), await keysIn('lease-keepalive'), await keysIn('lease-get')],
      [0, 0, 1],
    )
    const listed = await shard.client.ask({ kind: 'lease-list', after: 0, limit: 1_000 })
    assert.ok('leases' in listed)
    assert.deepEqual([listed.leases.length, listed.leases[0]!.keys.length], [1, 0])
    assert.deepEqual([await keysIn('lease-close'), await keysIn('lease-forget')], [1, 0])
  })

  test('leases are listed by id, a page at a time, those that have ended left out', async () => {
    const shard = await new Leases(syncReads).open()
    for (const id of [7, 2, 2 ** 53 - 1, 4, 5, 1]) await shard.ask('lease-grant', id)
    await shard.ask('lease-close', 4)
    const page = async (after: number, limit: number): Promise<unknown> => {
      const answer = await shard.client.ask({ kind: 'lease-list', after, limit })
      assert.ok('leases' in answer)
      return [answer.leases.map(({ id }) => id), answer.more]
    }
    assert.deepEqual(await page(0, 2), [[1, 2], true])
    assert.deepEqual(await page(2, 2), [[5, 7], true])
    assert.deepEqual(await page(7, 2), [[2 ** 53 - 1], false])
    assert.deepEqual(await page(3, 3), [[5, 7, 2 ** 53 - 1], false])
    assert.deepEqual(await page(2 ** 53 - 1, 3), [[], false])
    shard.runtime.advance(9_000)
    await shard.ask('lease-keepalive', 2)
    shard.runtime.advance(1_000)
    assert.deepEqual(await page(0, 3), [[2], false])
  })

  test('too many leases, or too many keys on them, are refused; what is forgotten makes room', async () => {
    const shard = await new Leases(syncReads, { maxLeases: 3 }).open()
    for (const id of [1, 2, 3]) assert.equal(typeof (await shard.ask('lease-grant', id)), 'object')
    assert.equal(await shard.ask('lease-grant', 4), 'overloaded')
    assert.equal(typeof (await shard.ask('lease-grant', 3)), 'object', 'one that is there takes no room')
    for (let i = 0; i < 24; i++) assert.equal(await shard.attach(1 + (i % 3), `key${i}`), 'attached')
    assert.equal(await shard.attach(1, 'one more'), 'overloaded leases-full')
    assert.equal(await shard.attach(1, 'key0'), 'attached', 'one that is attached takes no room')
    await shard.ask('lease-forget', 2)
    assert.equal(await shard.attach(1, 'one more'), 'attached')
    assert.equal(typeof (await shard.ask('lease-grant', 4)), 'object')
  })

  for (const stuck of [true, false]) {
    test(`all of it is there in the next process, ${stuck ? 'although nothing was' : 'some of it'} applied`, async () => {
      const shard = await new Leases(syncReads).open()
      for (const id of [1, 2, 3, 4]) await shard.ask('lease-grant', id)
      for (const name of ['a', 'b', 'c']) await shard.attach(1, name)
      await shard.attach(4, 'gone')
      await turns(5)
      shard.engine.stuck = stuck
      await shard.attach(2, 'd')
      await shard.attach(1, 'e')
      await shard.ask('lease-close', 3)
      await shard.ask('lease-forget', 4)
      await shard.ask('lease-grant', 5)
      shard.runtime.advance(8_000)
      for (let life = 0; life < 2; life++) {
        await shard.reopen()
        const expected = new Map([
          [1, ['a', 'b', 'c', 'e']],
          [2, ['d']],
          [5, [] as string[]],
        ])
        assert.deepEqual(await shard.list(), expected)
        const lease = await shard.ask('lease-get', 2)
        assert.equal(typeof lease === 'object' && lease.remainingMs, ttlMs, 'its full time has begun again')
        assert.equal(await shard.ask('lease-get', 3), 'lease-not-found')
        assert.ok(shard.due.includes(3), 'what was being revoked goes on being revoked')
        assert.equal(await shard.ask('lease-get', 4), 'lease-not-found')
      }
    })

    test(`outcomes are counted once in the next process, ${stuck ? 'although nothing was' : 'some of them'} applied`, async () => {
      const shard = await new Leases(syncReads, { idempotencyEntries: 6, idempotencyTtlMs: 5_000 }).open()
      const put = async (n: number): Promise<string> => {
        const idempotency = { scope: Buffer.alloc(16, n), fingerprint: Buffer.alloc(16, n) }
        const body = { kind: 'delete', key: key(`key${n}`) } as const
        await shard.client.put(`key${n}`, 'v')
        const answer = await shard.client.ask(body, { idempotency })
        return answer instanceof GatewayError ? answer.code : 'done'
      }
      for (const n of [1, 2]) assert.equal(await put(n), 'done')
      await turns(5)
      shard.runtime.advance(5_001)
      shard.engine.stuck = stuck
      // The old outcomes under these keys have ended: the new ones take their places.
      for (const n of [1, 2, 3, 4]) assert.equal(await put(n), 'done')
      await shard.reopen()
      assert.deepEqual([await put(5), await put(6), await put(7)], ['done', 'done', 'overloaded'])
    })
  }
}
