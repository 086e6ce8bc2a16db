import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../../src/errors.ts'
import { seededRandom, systemRandom } from '../../../../../src/runtime/random.ts'
import type { Visit, WalkRange } from '../../../../../src/stores/embedded/engine/engine.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { ModelEngine } from '../../../../support/model-engine.ts'
import { ShardClient } from '../../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../../support/virtual-runtime.ts'

/** Lets others write at each look-up. */
class BusyEngine extends ModelEngine {
  onWalk = (): void => {}

  override walk(range: WalkRange, visit: Visit): undefined | Promise<void> {
    this.onWalk()
    return super.walk(range, visit)
  }
}

/** Some are beginnings of others, and what they share differs. */
const names = ['u', 'user', 'user:1', 'user:12', 'user:12345', 'user:9', 'v', 'vwx', 'vwxyz1234', 'vwxyz9', 'w']

for (const syncReads of [true, false]) {
  test(`RANDOMKEY answers whatever is written between its look-ups, ${syncReads ? 'at once' : 'fetched'}`, async () => {
    const seed = systemRandom.integer(2 ** 31)
    const random = seededRandom(seed)
    const engine = new BusyEngine(syncReads)
    const client = await ShardClient.open(new VirtualRuntime(seed), new FaultyDisk(random), engine)
    const written: Promise<unknown>[] = []
    engine.onWalk = () => {
      for (let i = 0; i < 4; i++) {
        const name = names[random.integer(names.length)]!
        const put = random.integer(2) === 0
        written.push(put ? client.put(name, 'x') : client.ask({ kind: 'delete', key: Buffer.from(name) }))
      }
    }
    for (let i = 0; i < 1000; i++) {
      const answer = await client.ask({ kind: 'random-key' })
      assert.ok(!(answer instanceof GatewayError) && answer.kind === 'page', `seed ${seed}: ${JSON.stringify(answer)}`)
      for (const { key } of answer.entries) assert.ok(names.includes(Buffer.from(key).toString()), `seed ${seed}`)
    }
    engine.onWalk = () => {}
    await Promise.all(written)
    assert.equal(client.open.shard.failure, undefined, `seed ${seed}`)
  })
}
