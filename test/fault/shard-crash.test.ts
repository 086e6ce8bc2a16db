import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body, PointBody } from '../../src/operation/body.ts'
import type { Reply } from '../../src/operation/reply.ts'
import { seededRandom } from '../../src/runtime/random.ts'
import { systemTimers } from '../../src/runtime/timers.ts'
import { FaultyDisk } from '../support/disk/faulty-disk.ts'
import { ModelEngine } from '../support/model-engine.ts'
import { operationOf, putBody, ShardClient } from '../support/shard-harness.ts'

type State = Map<string, string>

function pointOf(random: ReturnType<typeof seededRandom>, serial: number): PointBody {
  const key = `key${random.integer(12)}`
  if (random.integer(4) === 0) return { kind: 'delete', key: Buffer.from(key) }
  return putBody(key, `${serial}:${'x'.repeat(random.integer(4) === 0 ? random.integer(3000) : random.integer(40))}`)
}

function bodyOf(random: ReturnType<typeof seededRandom>, serial: number): Body {
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

/**
 * One life of a shard after another on one disk, each ended by a power cut. What is found must be exactly what some
 * prefix of the operations asked for leaves behind, and that prefix must hold every operation that was acknowledged.
 */
async function lives(seed: number, syncReads: boolean): Promise<void> {
  const random = seededRandom(seed)
  const disk = new FaultyDisk(random)
  const engine = new ModelEngine(syncReads)
  const runtime = { clock: { now: () => performance.now(), wallMs: () => Date.now() }, timers: systemTimers, random }
  let before: State = new Map()
  for (let life = 0; life < 6; life++) {
    const client = await ShardClient.open(runtime, disk.mount(), engine, { segmentBytes: 16 << 10 })
    assert.ok(
      same(await stateOf(client), before),
      `seed ${seed}: life ${life} began with another state than it was seen to have`,
    )
    const bodies: Body[] = []
    let acknowledged = 0
    for (let i = 0; i < 150; i++) {
      const body = bodyOf(random, life * 1000 + i)
      bodies.push(body)
      const place = bodies.length
      client.open.shard.dispatch(body, operationOf(body), {
        onReply: (_, reply) => {
          if (changedSomething(reply)) acknowledged = Math.max(acknowledged, place)
        },
        onError: (_, error) => assert.fail(error.detail),
      })
      if (random.integer(6) === 0) await turn()
    }
    disk.crash()
    engine.crash()
    client.open.logged!.applier.stop()
    const acknowledgedAtCrash = acknowledged
    await turn()
    const reopened = await ShardClient.open(runtime, disk.mount(), engine, { segmentBytes: 16 << 10 })
    const found = await stateOf(reopened)
    let state = new Map(before)
    let matches = acknowledgedAtCrash === 0 && same(found, state)
    for (const [place, body] of bodies.entries()) {
      applyTo(state, body)
      if (place + 1 >= acknowledgedAtCrash && same(found, state)) matches = true
    }
    assert.ok(
      matches,
      `seed ${seed}, life ${life}: acknowledged ${acknowledgedAtCrash} of ${bodies.length}, found none of the prefixes`,
    )
    before = found
    state = found
    disk.crash()
    engine.crash()
    reopened.open.logged!.applier.stop()
    await turn()
  }
}

for (const syncReads of [true, false]) {
  test(`power cuts lose no acknowledged write and tear none (${syncReads ? 'immediate' : 'fetched'} reads)`, async () => {
    const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
    for (let seed = first; seed < first + 12; seed++) await lives(seed, syncReads)
  })
}
