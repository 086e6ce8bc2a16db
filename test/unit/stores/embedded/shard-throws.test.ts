import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Body } from '../../../../src/operation/body.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { keysPerEntry } from '../../../../src/stores/embedded/keys-task.ts'
import type { Workspace } from '../../../../src/stores/embedded/workspace.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { ShardClient } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const many = 3 * keysPerEntry
/** The key at which it throws: in the middle of the second entry. */
const badKey = keysPerEntry + 40
const keyOf = (i: number): Buffer => Buffer.from(`key${i}`)
const keys = Array.from({ length: many }, (_, i) => keyOf(i))

async function opened(syncReads: boolean) {
  const runtime = new VirtualRuntime()
  const disk = new FaultyDisk(seededRandom(1))
  const engine = new ModelEngine(syncReads)
  const client = await ShardClient.open(runtime, disk.mount(), engine)
  await Promise.all(keys.map((_, i) => client.put(`key${i}`, 'value')))
  while (client.open.logged!.overlay.size > 0) {
    runtime.advance(100)
    await turns(1)
  }
  return { client, runtime, disk, engine }
}

function throwAt(workspace: Workspace, method: 'find' | 'remove', key: Buffer): void {
  const original = workspace[method].bind(workspace)
  Object.assign(workspace, {
    [method](space: 0 | 1, asked: Uint8Array) {
      if (key.equals(asked)) throw new Error('bad page')
      return original(space, asked)
    },
  })
}

for (const syncReads of [true, false]) {
  describe(`what throws stops the shard, ${syncReads ? 'immediate' : 'fetched'} reads`, () => {
    test('in the middle of an entry of a long list: the half of it never counts', async () => {
      const { client, disk, engine } = await opened(syncReads)
      throwAt(client.open.workspace, 'find', keyOf(badKey))
      const deleted = client.ask({ kind: 'delete-many', keys })
      const put = client.put('other', 'written while it went on')
      const answer = await deleted
      assert.ok(answer instanceof GatewayError)
      assert.deepEqual([answer.code, answer.outcome], ['store-failed', 'unknown'])
      assert.doesNotMatch(answer.detail, /bad page/, 'clients need not know')
      assert.equal(client.open.shard.failure?.message, 'bad page')
      const later = await client.put('later', 'v')
      assert.ok(later instanceof GatewayError)
      assert.deepEqual([later.code, later.outcome], ['store-failed', 'not-applied'])

      const other = await put
      await turns(4)
      disk.kill()
      engine.kill()
      const again = await ShardClient.open(new VirtualRuntime(), disk.mount(), engine, { epoch: 2 })
      const left = await Promise.all(keys.map(async (_, i) => (await again.get(`key${i}`)) !== undefined))
      const firstEntry = new Set(left.slice(0, keysPerEntry))
      assert.equal(firstEntry.size, 1, 'an entry is done as a whole or not at all')
      assert.ok(!left.slice(keysPerEntry).includes(false), 'nothing of the entry that was not completed')
      if (!(other instanceof GatewayError)) assert.equal(await again.get('other'), 'written while it went on')
    })

    test('in an operation on one key', async () => {
      const { client } = await opened(syncReads)
      throwAt(client.open.workspace, 'remove', keyOf(1))
      const remove: Body = { kind: 'delete', key: keyOf(1) }
      // Where reads are immediate the lane hears it, and stops the shard.
      if (syncReads) return assert.rejects(client.ask(remove), /bad page/)
      const answer = await client.ask(remove)
      assert.ok(answer instanceof GatewayError)
      assert.deepEqual([answer.code, answer.outcome], ['store-failed', 'unknown'])
      assert.equal(client.open.shard.failure?.message, 'bad page')
    })

    test('in a scan', async () => {
      const { client, engine } = await opened(syncReads)
      const walk = engine.walk.bind(engine)
      let steps = 0
      engine.walk = (range, visit) => {
        if (++steps > 2) throw new Error('bad page')
        return walk(range, visit)
      }
      const range = { kind: 'scan', range: {}, order: 'asc', limit: many, maxBytes: 1 << 20, values: true } as const
      const answer = await client.ask(range)
      assert.ok(answer instanceof GatewayError)
      assert.equal(answer.code, 'store-failed')
      assert.equal(client.open.shard.failure?.message, 'bad page')
    })

    test('in the search for a random key', async () => {
      const { client, engine } = await opened(syncReads)
      engine.walk = () => {
        throw new Error('bad page')
      }
      const answer = await client.ask({ kind: 'random-key' })
      assert.ok(answer instanceof GatewayError)
      assert.equal(client.open.shard.failure?.message, 'bad page')
    })
  })
}
