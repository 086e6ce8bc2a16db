import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../../../../src/runtime/clock.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { SteadyClock } from '../../../../src/runtime/steady-clock.ts'
import { FaultyDisk } from '../../../support/disk/faulty-disk.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { ShardClient } from '../../../support/shard-harness.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const hour = 3_600_000
const lives = (ms: number) => ({ expiry: { kind: 'after', ms } }) as const

/** A shard on a machine whose wall clock is `aheadMs` ahead, for as long as a test says so. */
class Machine {
  readonly runtime = new VirtualRuntime()
  readonly disk = new FaultyDisk(seededRandom(1))
  readonly engine: ModelEngine
  readonly clock: Clock
  aheadMs = 0
  #client: ShardClient | undefined

  constructor(syncReads: boolean, steady = true) {
    this.engine = new ModelEngine(syncReads)
    const { clock } = this.runtime
    const system: Clock = { now: clock.now, wallMs: () => clock.wallMs() + this.aheadMs }
    this.clock = steady ? new SteadyClock(system) : system
  }

  get client(): ShardClient {
    return this.#client!
  }

  async open(): Promise<this> {
    const { timers, random } = this.runtime
    this.#client = await ShardClient.open({ timers, random, clock: this.clock }, this.disk, this.engine)
    return this
  }

  /** Time passes; the shard sweeps twice a second. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      this.runtime.advance(Math.min(left, 500))
      await this.sweep()
    }
  }

  async sweep(): Promise<void> {
    while (await this.client.open.sweeper.sweep()) await turns(1)
    await this.client.open.logged!.log.idle()
    await turns(4)
  }

  /** Those of the keys that are there, asked one by one. */
  async there(...keys: readonly string[]): Promise<string[]> {
    const found: string[] = []
    for (const key of keys) if ((await this.client.get(key)) !== undefined) found.push(key)
    return found
  }
}

for (const syncReads of [true, false]) {
  describe(`steps of the wall clock, ${syncReads ? 'immediate' : 'fetched'} reads`, () => stepping(syncReads))
}

function stepping(syncReads: boolean): void {
  test('an excursion of an hour ends nothing, and gives what is written in it or after it no longer life', async () => {
    for (const excursion of [hour, -hour]) {
      const machine = await new Machine(syncReads).open()
      await machine.client.put('before', 'v', lives(60_000))
      machine.aheadMs = excursion
      await machine.pass(1_000)
      await machine.client.put('within', 'v', lives(5_000))
      assert.deepEqual(await machine.there('before', 'within'), ['before', 'within'])
      machine.aheadMs = 0
      await machine.pass(1_000)
      await machine.client.put('after', 'v', lives(5_000))
      await machine.pass(3_500)
      assert.deepEqual(await machine.there('before', 'within', 'after'), ['before', 'within', 'after'])
      await machine.pass(1_000)
      assert.deepEqual(await machine.there('before', 'within', 'after'), ['before', 'after'])
      await machine.pass(1_000)
      assert.deepEqual(await machine.there('before', 'within', 'after'), ['before'])
      assert.deepEqual(await machine.client.keys(), ['before'])
    }
  })

  test('a step is believed in time although nothing asks for the time, or has an end', async () => {
    const machine = await new Machine(syncReads).open()
    await machine.client.put('for good', 'v')
    await machine.pass(1_000)
    machine.aheadMs = hour
    for (let i = 0; i < 12; i++) {
      await machine.there('for good')
      await machine.pass(1_000)
    }
    await machine.client.put('late', 'v', lives(5_000))
    await machine.pass(4_500)
    assert.deepEqual(await machine.there('late'), ['late'])
    await machine.pass(1_000)
    assert.deepEqual(await machine.there('late'), [])
  })

  test('a clock that was wrong for long and is set right: short lives are short again, what was gone stays gone', async () => {
    const machine = await new Machine(syncReads).open()
    await machine.client.put('asked for', 'v', lives(60_000))
    machine.aheadMs = hour
    await machine.pass(11_000)
    assert.deepEqual(await machine.there('asked for'), [], 'the step has lasted')
    machine.aheadMs = 0
    await machine.pass(11_000)
    assert.deepEqual(await machine.there('asked for'), [])
    assert.deepEqual(await machine.client.keys(), [])
    await machine.client.put('new', 'v', lives(5_000))
    await machine.pass(4_500)
    assert.deepEqual(await machine.there('new'), ['new'])
    await machine.pass(1_000)
    assert.deepEqual(await machine.client.keys(), [])
    assert.deepEqual(await machine.there('new'), [])
    assert.equal(machine.engine.count().keys, 0, 'the sweep goes on after time has gone back')
  })

  test('a clock before 1970, or behind what can be stored, fails nothing', async () => {
    for (const years of [-200, 20_000]) {
      const machine = await new Machine(syncReads, false).open()
      await machine.client.put('for good', 'v')
      await machine.client.put('for a day', 'v', lives(86_400_000))
      machine.aheadMs = years * 365 * 86_400_000
      await machine.pass(1_000)
      await machine.client.put('then', 'v', lives(1_000))
      await machine.sweep()
      assert.equal(machine.client.open.shard.failure, undefined)
      assert.deepEqual(await machine.there('for good'), ['for good'])
      machine.aheadMs = 0
      await machine.client.put('now', 'v', lives(1_000))
      assert.deepEqual(await machine.there('for good', 'now'), ['for good', 'now'])
    }
  })
}
