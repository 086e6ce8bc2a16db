import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body, PointBody } from '../../src/operation/body.ts'
import type { Reply } from '../../src/operation/reply.ts'
import { type Random, seededRandom } from '../../src/runtime/random.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { systemTimers } from '../../src/runtime/timers.ts'
import { FaultyDisk } from '../support/disk/faulty-disk.ts'
import { ModelEngine } from '../support/model-engine.ts'
import { operationOf, putBody, ShardClient } from '../support/shard-harness.ts'

type State = Map<string, string>

interface Circumstances {
  readonly syncReads: boolean
  readonly durability: 'group' | 'os'
  /** Whether acknowledged writes may be lost; what is found must be a prefix all the same. */
  readonly mayLose: boolean
  /** Whether each transaction of the engine is on disk at once. */
  readonly flushesAlways: boolean
}

const usual: Circumstances = { syncReads: true, durability: 'group', mayLose: false, flushesAlways: false }

function pointOf(random: Random, serial: number): PointBody {
  const key = `key${random.integer(12)}`
  if (random.integer(4) === 0) return { kind: 'delete', key: Buffer.from(key) }
  return putBody(key, `${serial}:${'x'.repeat(random.integer(4) === 0 ? random.integer(3000) : random.integer(40))}`)
}

function bodyOf(random: Random, serial: number): Body {
  if (random.integer(5) !== 0) return pointOf(random, serial)
  const operations = Array.from({ length: 1 + random.integer(6) }, (_, i) => pointOf(random, serial * 100 + i))
  return { kind: 'batch', operations, atomic: true, abortOnFailure: true }
}

function applyTo(state: State, body: Body): void {
  if (body.kind === 'batch') for (const each of body.operations) applyTo(state, each)
  else if (body.kind === 'put') state.set(Buffer.from(body.key).toString(), Buffer.from(body.value).toString())
  else if (body.kind === 'delete') state.delete(Buffer.from(body.key).toString())
}

async function stateOf(client: ShardClient): Promise<State> {
  const state: State = new Map()
  for (const key of await client.keys()) state.set(key, (await client.get(key))!)
  return state
}

/** Deleting what is not there depends on no earlier write, and may be answered before them. */
function changedSomething(reply: Reply): boolean {
  if (reply.kind === 'batch') return reply.results.some((each) => !('code' in each) && changedSomething(each))
  return reply.kind === 'written' && reply.status !== 'absent'
}

const same = (a: State, b: State): boolean => a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A shard on one disk that lives again and again. */
class Lives {
  readonly #random: Random
  readonly #runtime: Runtime
  readonly #disk: FaultyDisk
  readonly #engine: ModelEngine
  readonly #circumstances: Circumstances

  constructor(seed: number, circumstances: Circumstances) {
    this.#circumstances = circumstances
    this.#random = seededRandom(seed)
    this.#disk = new FaultyDisk(this.#random)
    this.#engine = new ModelEngine(circumstances.syncReads, circumstances.flushesAlways)
    const clock = { now: () => performance.now(), wallMs: () => Date.now() }
    this.#runtime = { clock, timers: systemTimers, random: this.#random }
  }

  /**
   * Each life is ended by a power cut, or by the end of its process alone. What is found must be exactly what some prefix
   * of the operations asked for leaves behind, and that prefix must hold every operation that was acknowledged.
   */
  async live(lives: number): Promise<void> {
    let before: State = new Map()
    for (let life = 0; life < lives; life++) {
      const client = await this.#open()
      assert.ok(same(await stateOf(client), before), `life ${life} began with another state than it was seen to have`)
      const { bodies, acknowledged } = await this.#work(client, life)
      await this.#end(client)
      const reopened = await this.#open()
      const found = await stateOf(reopened)
      const least = this.#circumstances.mayLose ? 0 : acknowledged()
      assert.ok(
        isPrefix(found, before, bodies, least),
        `life ${life}: acknowledged ${least}, found none of the prefixes`,
      )
      before = found
      // What has been shown once must stay, also if nothing was written since.
      await this.#end(reopened)
    }
  }

  async #open(): Promise<ShardClient> {
    const { durability } = this.#circumstances
    const settings = { segmentBytes: 16 << 10, durability }
    return await ShardClient.open(this.#runtime, this.#disk.mount(), this.#engine, settings)
  }

  async #work(client: ShardClient, life: number): Promise<{ bodies: readonly Body[]; acknowledged: () => number }> {
    const bodies: Body[] = []
    let acknowledged = 0
    for (let i = 0; i < 150; i++) {
      const body = bodyOf(this.#random, life * 1000 + i)
      bodies.push(body)
      const place = bodies.length
      client.open.shard.dispatch(body, operationOf(body), {
        onReply: (_, reply) => {
          if (changedSomething(reply)) acknowledged = Math.max(acknowledged, place)
        },
        onError: (_, error) => assert.fail(error.detail),
      })
      if (this.#random.integer(6) === 0) await turn()
    }
    return { bodies, acknowledged: () => acknowledged }
  }

  async #end(client: ShardClient): Promise<void> {
    const power = this.#random.integer(3) > 0
    if (power) this.#disk.crash()
    else this.#disk.kill()
    if (power) this.#engine.crash()
    else this.#engine.kill()
    void client.open.logged!.applier.stop()
    await turn()
  }
}

/** Whether `found` is what `before` and the first so many of `bodies` make, at least the first `least`. */
function isPrefix(found: State, before: State, bodies: readonly Body[], least: number): boolean {
  const state = new Map(before)
  if (least === 0 && same(found, state)) return true
  return bodies.some((body, place) => {
    applyTo(state, body)
    return place + 1 >= least && same(found, state)
  })
}

const firstSeed = Number(process.env['HEADGATE_TEST_SEED'] ?? Date.now() % 1_000_000)

async function eachSeed(count: number, circumstances: Circumstances): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    await new Lives(seed, circumstances).live(6).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
  }
}

for (const syncReads of [true, false]) {
  for (const flushesAlways of [true, false]) {
    const how = `${syncReads ? 'immediate' : 'fetched'} reads, an engine that ${flushesAlways ? 'always' : 'seldom'} flushes`
    test(`crashes lose no acknowledged write and tear none (${how})`, async () => {
      await eachSeed(8, { ...usual, syncReads, flushesAlways })
    })
    test(`with durability os a crash may lose the newest writes, and tears none (${how})`, async () => {
      await eachSeed(5, { ...usual, syncReads, flushesAlways, durability: 'os', mayLose: true })
    })
  }
}

test('the check can fail: without a datasync before the answer, acknowledged writes are lost', async () => {
  const failed: number[] = []
  for (let seed = firstSeed; seed < firstSeed + 5; seed++) {
    await new Lives(seed, { ...usual, durability: 'os' }).live(6).catch(() => failed.push(seed))
  }
  assert.ok(failed.length > 0, `seeds ${firstSeed} to ${firstSeed + 4} lost nothing`)
})
