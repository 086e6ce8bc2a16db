import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { closeShard } from '../../../../src/stores/embedded/open-shard.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { ShardClient } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

/** What a life under epoch 5 leaves, applied or only in the log. */
async function left(applied: boolean) {
  const disk = new FaultyDisk(seededRandom(1))
  const engine = new ModelEngine()
  const client = await ShardClient.open(new VirtualRuntime(), disk.mount(), engine, { epoch: 5 })
  await client.put('key', 'v')
  if (applied) await closeShard(client.open)
  else {
    disk.kill()
    void client.open.logged!.applier.stop()
  }
  return { disk, engine }
}

const openedWith = async ({ disk, engine }: { disk: FaultyDisk; engine: ModelEngine }, epoch: number) => {
  return await ShardClient.open(new VirtualRuntime(), disk.mount(), engine, { epoch })
}

test('a log of a later epoch than the coordination knows of is refused, and left as it is', async () => {
  const parts = await left(false)
  const files = parts.disk.list('/data/log')
  const empty = { disk: parts.disk, engine: new ModelEngine() }
  await assert.rejects(
    openedWith(empty, 4),
    /log holds writes of epoch 5, and the coordination knows of none after 4: .*/,
  )
  assert.deepEqual(parts.disk.list('/data/log'), files)
  const client = await openedWith(empty, 6)
  assert.equal(await client.get('key'), 'v')
})

test('an engine of a later epoch is refused, too', async () => {
  const parts = await left(true)
  const withoutLog = { disk: new FaultyDisk(seededRandom(2)), engine: parts.engine }
  await assert.rejects(openedWith(withoutLog, 4), /\/data holds writes of epoch 5/)
  assert.equal(await (await openedWith(parts, 5)).get('key'), 'v')
})
