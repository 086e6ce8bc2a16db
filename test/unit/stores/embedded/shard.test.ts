import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Body } from '../../../../src/operation/body.ts'
import type { Reply } from '../../../../src/operation/reply.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { closeShard } from '../../../../src/stores/embedded/open-shard.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { HeldDisk } from '../../../support/disk/held-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { putBody, ShardClient, type shardSettings } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

async function opened(syncReads = true, settings: Partial<typeof shardSettings> = {}) {
  const runtime = new VirtualRuntime()
  const disk = new HeldDisk(new FaultyDisk(seededRandom(1)))
  const engine = new ModelEngine(syncReads)
  const client = await ShardClient.open(runtime, disk, engine, settings)
  const sync = async (error: Error | null = null): Promise<void> => {
    await turns(4)
    disk.release(error)
    await turns(4)
  }
  /** Lets everything that has been asked become durable. */
  const syncAll = async (): Promise<void> => {
    for (let quiet = 0; quiet < 4; quiet++) {
      await turns(4)
      if (disk.syncing === 0) continue
      disk.release()
      quiet = -1
    }
  }
  return { client, disk, engine, runtime, sync, syncAll }
}

const get = (key: string): Body => ({ kind: 'get', key: Buffer.from(key), projection: 'value' })
const scan: Body = { kind: 'scan', range: {}, order: 'asc', limit: 100, maxBytes: 1 << 20, values: true }

/** What has been answered so far, in order: `NAME status` or `NAME code outcome`. */
function asking(client: ShardClient) {
  const seen: string[] = []
  const ask = (name: string, body: Body): void => {
    void client.ask(body).then((answer) => seen.push(`${name} ${shown(answer)}`))
  }
  return { seen, ask }
}

function shown(answer: Reply | GatewayError): string {
  if (answer instanceof GatewayError) return [answer.code, answer.outcome].filter(Boolean).join(' ')
  if (answer.kind === 'written') return answer.status
  if (answer.kind === 'record') return answer.record === undefined ? 'none' : 'there'
  if (answer.kind === 'count') return `${answer.count}`
  return answer.kind === 'page' ? `${answer.entries.length} entries` : answer.kind
}

for (const syncReads of [true, false]) {
  describe(`a shard, ${syncReads ? 'immediate' : 'fetched'} reads`, () => {
    test('nothing that depends on a write is answered before the write is durable', async () => {
      const { client, sync } = await opened(syncReads)
      const { seen, ask } = asking(client)
      ask('put', putBody('a', 'v'))
      ask('get a', get('a'))
      ask('get b', get('b'))
      ask('refused', putBody('a', 'v', { condition: { ifNoneMatch: '*' } }))
      ask('absent', { kind: 'delete', key: Buffer.from('b') })
      ask('scan', scan)
      ask('size', { kind: 'size' })
      ask('count', { kind: 'count', range: {} })
      ask('keys', { kind: 'exists-many', keys: [Buffer.from('a')] })
      ask('random', { kind: 'random-key' })
      await turns(20)
      assert.deepEqual(seen, ['get b none', 'absent absent'], 'only what depends on no write')
      await sync()
      await turns(20)
      assert.deepEqual(
        seen.slice(2).sort(),
        [
          'put created',
          'get a there',
          'refused precondition-failed not-applied',
          'scan 1 entries',
          'size 1',
          'count 1',
          'keys 1',
          'random 1 entries',
        ].sort(),
      )
    })

    test('an answer that something is gone waits for the delete, in ranges too', async () => {
      const { client, sync } = await opened(syncReads)
      const { seen, ask } = asking(client)
      ask('put', putBody('a', 'v'))
      await sync()
      await turns(10)
      ask('delete', { kind: 'delete', key: Buffer.from('a') })
      ask('get', get('a'))
      ask('scan', scan)
      ask('size', { kind: 'size' })
      ask('random', { kind: 'random-key' })
      await turns(20)
      assert.deepEqual(seen, ['put created'])
      await sync()
      await turns(20)
      assert.deepEqual(seen.slice(1).sort(), [
        'delete deleted',
        'get none',
        'random 0 entries',
        'scan 0 entries',
        'size 0',
      ])
    })

    test('whoever learns that a record has expired waits for its logged delete', async () => {
      const lists = ['get-many', 'exists-many', 'delete-many'] as const
      const { client, syncAll, runtime, disk, engine } = await opened(syncReads)
      const { seen, ask } = asking(client)
      const keys = ['get', 'put', 'delete', 'modify', ...lists]
      for (const key of keys) ask(`before ${key}`, putBody(key, 'v', { expiry: { kind: 'after', ms: 100 } }))
      await syncAll()
      assert.equal(seen.length, keys.length)
      runtime.advance(101)
      const asked: Body[] = [
        get('get'),
        putBody('put', 'v', { condition: { ifMatch: '*' } }),
        { kind: 'delete', key: Buffer.from('delete') },
        { kind: 'modify', key: Buffer.from('modify'), change: { name: 'persist' } },
        ...lists.map((kind): Body => ({ kind, keys: [Buffer.from(kind)] })),
      ]
      for (const [place, body] of asked.entries()) ask(keys[place]!, body)
      await turns(20)
      assert.equal(seen.length, keys.length, 'nobody has been told yet')
      await syncAll()
      assert.equal(seen.length, 2 * keys.length)
      // The next process' clock is behind: what was said to be gone does not come back.
      await client.open.logged!.applier.drain(Number.POSITIVE_INFINITY)
      const behind = await ShardClient.open(new VirtualRuntime(), disk, engine)
      assert.deepEqual(await behind.keys(), [])
    })

    test('a failed datasync: what waits may be lost, what comes later is refused, and all of it is answered', async () => {
      const { client, sync, disk } = await opened(syncReads)
      const { seen, ask } = asking(client)
      ask('first', putBody('a', 'v'))
      await turns(4)
      ask('second', putBody('b', 'v'))
      ask('read', get('a'))
      ask('scan', scan)
      await turns(4)
      await sync(new Error('EIO'))
      assert.deepEqual(seen.sort(), [
        'first store-failed unknown',
        'read store-failed',
        'scan store-failed',
        'second store-failed unknown',
      ])
      assert.match(client.open.shard.failure!.message, /EIO/)
      assert.equal(shown(await client.ask(putBody('c', 'v'))), 'store-failed not-applied')
      const refused = await client.ask(get('c'))
      assert.equal(shown(refused), 'store-failed')
      assert.equal((refused as GatewayError).detail, 'The shard stopped after an error; see the log of the node.')
      assert.equal(shown(await client.ask({ kind: 'lease-grant', id: 1, ttlMs: 1000 })), 'store-failed not-applied')
      assert.equal(client.open.shard.writable, true, 'a write gets its error at once')
      assert.equal(disk.syncing, 0)
      await closeShard(client.open)
    })

    test('a scan that is under way when the log fails is answered', async () => {
      const { client } = await opened(syncReads)
      const { seen, ask } = asking(client)
      for (let i = 0; i < 2_000; i++) ask('put', putBody(`key${i}`, 'v'))
      await turns(4)
      ask('scan', scan)
      ask('count', { kind: 'count', range: {} })
      client.open.shard.fail(new Error('EIO'))
      await turns(50)
      assert.equal(seen.length, 2_002)
      assert.ok(
        seen
          .slice(0, 2_000)
          .every((line) => line === 'put store-failed unknown' || line === 'put store-failed not-applied'),
      )
    })

    test('a repeat that comes before the first request is durable learns at once that it is in progress', async () => {
      const { client, syncAll } = await opened(syncReads)
      const seen: string[] = []
      const once = { idempotency: { scope: Buffer.alloc(16, 1), fingerprint: Buffer.alloc(16, 2) } }
      const other = { idempotency: { scope: Buffer.alloc(16, 1), fingerprint: Buffer.alloc(16, 3) } }
      void client.ask(putBody('a', 'v'), once).then((answer) => seen.push(`first ${shown(answer)}`))
      await turns(4)
      void client.ask(putBody('a', 'v'), once).then((answer) => seen.push(`repeat ${shown(answer)}`))
      void client.ask(putBody('a', 'w'), other).then((answer) => seen.push(`other ${shown(answer)}`))
      await turns(10)
      assert.deepEqual(seen, ['repeat in-progress unknown'], 'what depends on the first waits for it')
      await syncAll()
      assert.deepEqual(seen.slice(1), ['first created', 'other idempotency-mismatch not-applied'])
      const again = await client.ask(putBody('a', 'v'), once)
      assert.ok('replayed' in again && again.replayed)
    })

    test('a full backlog says so, and says when there is room again', async () => {
      const { client, sync } = await opened(syncReads, { backlogBytes: 2 << 20 })
      const { shard } = client.open
      let called = 0
      shard.onWritable(() => void called++)
      assert.equal(shard.writable, true)
      for (let i = 0; i < 3; i++) void client.put(`key${i}`, 'x'.repeat(900_000))
      await turns(4)
      while (shard.writable) await sync()
      assert.equal(called, 0)
      for (let i = 0; i < 10 && !shard.writable; i++) {
        await turns(4)
        if (client.open.logged!.log.statistics.syncs < client.open.logged!.log.statistics.blocks) await sync()
      }
      assert.equal(shard.writable, true)
      assert.equal(called, 1)
      assert.ok(client.open.logged!.slabs.heldBytes < 2 << 20)
    })

    test('a shard that fails with a full backlog lets those who wait for room go on', async () => {
      const { client } = await opened(syncReads, { backlogBytes: 2 << 20 })
      const { shard } = client.open
      let called = 0
      shard.onWritable(() => void called++)
      for (let i = 0; i < 4; i++) void client.put(`key${i}`, 'x'.repeat(900_000))
      await turns(6)
      assert.equal(shard.writable, false)
      shard.fail(new Error('EIO'))
      assert.deepEqual([shard.writable, called], [true, 1])
    })

    test('a shard that is being closed answers what it was given, and refuses the rest', async () => {
      const { client, disk, engine } = await opened(syncReads)
      const { seen, ask } = asking(client)
      for (let i = 0; i < 3; i++) ask('put', putBody(`key${i}`, 'v'))
      ask('scan', scan)
      ask('get', get('none'))
      const closing = closeShard(client.open)
      ask('late', putBody('late', 'v'))
      ask('late read', get('key1'))
      let closed = false
      void closing.then(() => {
        closed = true
      })
      for (let i = 0; i < 60 && !closed; i++) {
        await turns(2)
        if (disk.syncing > 0) disk.release()
      }
      await closing
      assert.equal(seen.filter((line) => line === 'put created').length, 3)
      assert.ok(seen.includes('get none') && seen.includes('scan 3 entries'))
      assert.ok(seen.includes('late unavailable not-applied') && seen.includes('late read unavailable'))
      assert.equal(engine.count().keys, 3)
    })
  })
}
