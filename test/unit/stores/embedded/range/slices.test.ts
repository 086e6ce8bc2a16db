import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, GatewayError } from '../../../../../src/errors.ts'
import type { Body } from '../../../../../src/operation/body.ts'
import type { Operation } from '../../../../../src/operation/operation.ts'
import { parseQuery } from '../../../../../src/operation/query/parse.ts'
import type { Reply } from '../../../../../src/operation/reply.ts'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import { systemTimers } from '../../../../../src/runtime/timers.ts'
import type { Visit, WalkRange } from '../../../../../src/stores/embedded/engine/engine.ts'
import { recordsPerLook } from '../../../../../src/stores/embedded/range/range-task.ts'
import { type SlicedTask, SliceScheduler, sliceMs } from '../../../../../src/stores/embedded/range/slices.ts'
import { encodeHeader, headerBytes } from '../../../../../src/stores/embedded/record-codec.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { turns } from '../../../../support/log-fixture.ts'
import { ModelEngine } from '../../../../support/model-engine.ts'
import { operationOf, ShardClient } from '../../../../support/shard-harness.ts'

/** A clock that only work moves. */
class WorkClock {
  ms = 0
  readonly clock = { now: () => this.ms, wallMs: () => 1_900_000_000_000 }
  readonly timers = systemTimers
  readonly random = seededRandom(1)

  work(ms: number): void {
    this.ms += ms
  }
}

const meta = { bucket: 1, epoch: 1, index: 1, sub: 0, expiresAtMs: 0, lease: 0, contentType: 'text/plain' }

/** `size` records with numbers for keys, none of them stored; looking at one takes `perKeyMs` of the clock. */
class NumberedEngine extends ModelEngine {
  contentType = meta.contentType
  text = 'v'
  readonly #runtime: WorkClock
  readonly #size: number
  readonly #perKeyMs: number

  constructor(runtime: WorkClock, size: number, perKeyMs: number, syncReads = true) {
    super(syncReads)
    this.#runtime = runtime
    this.#size = size
    this.#perKeyMs = perKeyMs
  }

  override walk(range: WalkRange, visit: Visit): undefined | Promise<void> {
    if (range.space !== 0) return super.walk(range, visit)
    if (!this.syncReads) return Promise.resolve().then(() => this.#visitAll(range, visit))
    this.#visitAll(range, visit)
    return undefined
  }

  override count(): { keys: number; exact: boolean } {
    return { keys: this.#size, exact: false }
  }

  #visitAll({ lower, limit }: WalkRange, visit: Visit): void {
    const { contentType, text } = this
    const value = Buffer.alloc(headerBytes(0, 0, contentType) + text.length)
    value.latin1Write(text, encodeHeader(value, 0, { ...meta, contentType }))
    const first = lower === undefined ? 0 : Number(Buffer.from(lower).toString()) + 1
    for (let i = first; i < Math.min(this.#size, first + limit); i++) {
      this.#runtime.work(this.#perKeyMs)
      if (!visit(Buffer.from(String(i).padStart(8, '0')), value, 0, value.length)) return
    }
  }
}

async function opened(size: number, perKeyMs: number, syncReads = true) {
  const runtime = new WorkClock()
  const engine = new NumberedEngine(runtime, size, perKeyMs, syncReads)
  const client = await ShardClient.open(runtime, new FaultyDisk(seededRandom(1)), engine)
  return { runtime, client, engine }
}

/** Work done in each turn of the event loop while `until` is pending. */
async function turnsOf(runtime: WorkClock, until: Promise<unknown>): Promise<number[]> {
  let over = false
  void until.then(() => {
    over = true
  })
  const spent: number[] = []
  for (let before = runtime.ms; !over; before = runtime.ms) {
    await turns(1)
    spent.push(runtime.ms - before)
  }
  return spent
}

const countAll: Body = { kind: 'count', range: {} }

for (const syncReads of [true, false]) {
  test(`a count of a million keys leaves every turn to others (${syncReads ? 'immediate' : 'fetched'} reads)`, async () => {
    const { runtime, client } = await opened(1_000_000, 0.001, syncReads)
    const counting = client.ask(countAll)
    const spent = await turnsOf(runtime, counting)
    const answer = await counting
    assert.equal('count' in answer && answer.count, 1_000_000)
    const longest = Math.max(...spent)
    assert.ok(longest <= sliceMs + 0.2, `one turn took ${longest} ms`)
    assert.ok(spent.length > 400, `${spent.length} turns for a second of work`)
  })
}

/** A scheduler whose time and turns are the test's. */
class ManualTurns {
  ms = 5000
  readonly #due: (() => void)[] = []
  readonly scheduler = new SliceScheduler({
    clock: { now: () => this.ms, wallMs: () => 0 },
    timers: { ...systemTimers, soon: (task) => this.#due.push(task) },
    random: seededRandom(1),
  })

  next(): void {
    for (const each of this.#due.splice(0)) each()
  }
}

test('a slice of a long task is what traffic leaves of a millisecond, no less than 0.3, and a thirtieth of long turns', () => {
  const turns = new ManualTurns()
  const { scheduler } = turns
  const given: number[] = []
  const task: SlicedTask = {
    slice(untilMs) {
      given.push(Math.round((untilMs - turns.ms) * 100) / 100)
      turns.ms = untilMs
      return false
    },
    park: () => {},
    fail: (error) => assert.fail(error),
  }
  scheduler.add(task)
  for (const trafficMs of [9, 9, 9, 9, 9, 0, 0.4, 0.75, 15, 60, 0]) {
    turns.ms += trafficMs
    turns.next()
  }
  assert.deepEqual(given, [1, 1, 1, 1, 1, 1, 1, 0.6, 0.3, 0.5, 1, 1])
})

test('what a task leaves of a slice goes to those behind it, each of them once in a turn', () => {
  const turns = new ManualTurns()
  const { scheduler } = turns
  const order: string[] = []
  const taskOf = (name: string, takesMs: number, slices: number): SlicedTask => ({
    slice() {
      order.push(name)
      turns.ms += takesMs
      return --slices === 0
    },
    park: () => {},
    fail: (error) => assert.fail(error),
  })
  for (const [name, takesMs, slices] of [
    ['a', 0.2, 1],
    ['b', 0.2, 3],
    ['c', 2, 2],
    ['d', 0.2, 1],
  ] as const) {
    scheduler.addBegun(taskOf(name, takesMs, slices))
  }
  const served: string[] = []
  while (scheduler.running > 0) {
    turns.next()
    served.push(order.splice(0).join(''))
  }
  assert.deepEqual(served, ['abc', 'dbc', 'b'])
})

test('records that take long to read, as with code that has never run, end a slice soon after its time', async () => {
  const { runtime, client } = await opened(2_000, 0.2)
  const spent = await turnsOf(runtime, client.ask(countAll))
  assert.ok(Math.max(...spent) <= sliceMs + recordsPerLook * 0.2, `one turn took ${Math.max(...spent)} ms`)
})

const queryBody = (query: unknown): Body => {
  const parsed = parseQuery(query)
  if (parsed instanceof GatewayError) assert.fail(parsed.detail)
  return { kind: 'query', range: {}, query: parsed }
}

for (const syncReads of [true, false]) {
  test(`a query over large values ends its slice between them (${syncReads ? 'immediate' : 'fetched'} reads)`, async () => {
    const { runtime, client, engine } = await opened(2_000, 0.4, syncReads)
    engine.contentType = 'application/json'
    engine.text = JSON.stringify({ a: Array(10_000).fill(7) })
    const querying = client.ask(queryBody({ where: { a: 7 }, aggregate: { n: { count: '*' } } }))
    const spent = await turnsOf(runtime, querying)
    const answer = await querying
    assert.ok('partial' in answer && answer.partial.kind === 'groups')
    assert.deepEqual(answer.partial.groups[0]!.numbers, [2_000])
    // What the asking itself began counts with the first turn.
    const longest = Math.max(...spent.slice(1))
    assert.ok(longest <= sliceMs + 1, `one turn took ${longest} ms`)
  })
}

test('a get is answered while a scan is under way', async () => {
  const { client } = await opened(200_000, 0.001)
  let counted = false
  const counting = client.ask(countAll).then(() => {
    counted = true
  })
  await client.put('key', 'v')
  for (let i = 0; i < 50; i++) {
    assert.equal(await client.get('key'), 'v')
    await turns(1)
  }
  assert.equal(counted, false)
  await counting
})

test('scans that come in one turn share its time, and all of them make progress', async () => {
  const { runtime, client } = await opened(20_000, 0.001)
  const before = runtime.ms
  const asked = Array.from({ length: 40 }, () => client.ask(countAll))
  assert.ok(runtime.ms - before <= sliceMs + 0.2, `${runtime.ms - before} ms went before the first turn was over`)
  const spent = await turnsOf(runtime, Promise.all(asked))
  assert.ok(Math.max(...spent) <= sliceMs + 0.2)
  for (const answer of await Promise.all(asked)) assert.equal('count' in answer && answer.count, 20_000)
})

test('small scans are answered at once while the turn has time', async () => {
  const { client } = await opened(50, 0.0005)
  let answered = 0
  for (let i = 0; i < 100; i++) {
    const body: Body = { kind: 'scan', range: {}, order: 'asc', limit: 10, maxBytes: 1 << 20, values: true }
    const handler = {
      onReply: () => void answered++,
      onError: (_: Operation, error: GatewayError) => assert.fail(error.detail),
    }
    client.open.shard.dispatch(body, operationOf(body), handler)
  }
  assert.ok(answered >= 100, `${answered} of 100`)
})

const ends: readonly [string, ErrorCode, (runtime: WorkClock, origin: { gone: boolean }) => void][] = [
  ['its deadline passes', 'deadline', (runtime) => runtime.work(60_000)],
  ['its client goes away', 'abandoned', (_, origin) => Object.assign(origin, { gone: true })],
]

for (const [name, code, end] of ends) {
  test(`a scan ends when ${name}, with one error`, async () => {
    for (const syncReads of [true, false]) {
      const { runtime, client } = await opened(1_000_000, 0.001, syncReads)
      const origin = { gone: false }
      const answers: (Reply | GatewayError)[] = []
      client.open.shard.dispatch(countAll, operationOf(countAll, { origin, deadline: runtime.ms + 30_000 }), {
        onReply: (_, reply) => void answers.push(reply),
        onError: (_, error) => void answers.push(error),
      })
      await turns(20)
      assert.equal(answers.length, 0)
      end(runtime, origin)
      await turns(20)
      assert.equal(answers.length, 1)
      assert.ok(answers[0] instanceof GatewayError && answers[0].code === code)
      const worked = runtime.ms
      await turns(20)
      assert.equal(runtime.ms, worked, 'nobody works for it any more')
      assert.equal(answers.length, 1)
    }
  })
}

class Task implements SlicedTask {
  readonly failures: string[] = []
  slices = 0
  parked = 0
  readonly #slice: (task: Task) => boolean | Promise<boolean>

  constructor(slice: (task: Task) => boolean | Promise<boolean>) {
    this.#slice = slice
  }

  slice(): boolean | Promise<boolean> {
    this.slices += 1
    return this.#slice(this)
  }

  park(): void {
    this.parked += 1
  }

  fail(error: Error): void {
    this.failures.push(error.message)
  }
}

test('a task that throws or rejects fails alone; the scheduler is idle when all are done', async () => {
  const runtime = new WorkClock()
  const scheduler = new SliceScheduler(runtime)
  await scheduler.idle()
  const long = new Task(({ slices }) => {
    runtime.work(2)
    return slices === 10
  })
  const thrower = new Task(() => {
    throw new Error('thrown')
  })
  const rejecter = new Task(() => Promise.reject(new Error('rejected')))
  const slow = new Task(({ slices }) => turns(3).then(() => slices === 3))
  for (const task of [long, thrower, rejecter, slow]) scheduler.add(task)
  assert.ok(scheduler.running > 0)
  await scheduler.idle()
  assert.equal(scheduler.running, 0)
  assert.deepEqual([long.slices, long.failures], [10, []])
  assert.deepEqual([slow.slices, slow.failures], [3, []])
  assert.deepEqual([thrower.failures, rejecter.failures], [['thrown'], ['rejected']])
  assert.ok(long.parked >= 9 && slow.parked >= 2 && thrower.parked === 1, 'parked whenever it had to wait')
})

test('what has been answered is sent before each slice of a later turn', async () => {
  const runtime = new WorkClock()
  const order: string[] = []
  const scheduler = new SliceScheduler(runtime, () => order.push('sent'))
  const long = new Task(({ slices }) => {
    runtime.work(2)
    order.push('slice')
    return slices === 3
  })
  scheduler.add(long)
  await scheduler.idle()
  assert.deepEqual(order, ['slice', 'sent', 'slice', 'sent', 'slice'], 'the first one is in the turn of the request')
})
