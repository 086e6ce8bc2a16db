import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body } from '../../../../src/operation/body.ts'
import type { Space } from '../../../../src/stores/embedded/engine/engine.ts'
import { needsOf, ReadAhead } from '../../../../src/stores/embedded/read-ahead.ts'
import { fixedHeaderBytes } from '../../../../src/stores/embedded/record-codec.ts'
import { outcomeKey, tombstoneKey } from '../../../../src/stores/embedded/system-keys.ts'
import { turns } from '../../../support/log-fixture.ts'
import { ModelEngine } from '../../../support/model-engine.ts'
import { operationOf, putBody } from '../../../support/shard-harness.ts'

/** Reads end when the test says so. */
class SlowEngine extends ModelEngine {
  readonly reads: string[][] = []
  #begun: { resolve(): void; reject(error: Error): void }[] = []

  constructor() {
    super(false)
  }

  override async fetch(space: Space, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    this.reads.push(keys.map((key) => Buffer.from(key).toString()))
    await new Promise<void>((resolve, reject) => this.#begun.push({ resolve, reject }))
    return await super.fetch(space, keys)
  }

  async release(): Promise<void> {
    this.#begun.shift()!.resolve()
    await turns(1)
  }

  async fail(message: string): Promise<void> {
    this.#begun.shift()!.reject(new Error(message))
    await turns(1)
  }
}

const needs = (...names: string[]) => ({ records: names.map((name) => Buffer.from(name)), heads: [], system: [] })
const settings = { mergeBudgetBytes: 10_000, maxValueBytes: 100 }
const bare: Body = { kind: 'count', range: {} }

async function opened(records: readonly string[] = []) {
  const engine = new SlowEngine()
  const changes = records.map(
    (name) => ({ space: 0, key: Buffer.from(name), value: Buffer.from(`value of ${name}`) }) as const,
  )
  await engine.apply(changes, new Uint8Array(12))
  const failures: string[] = []
  const readAhead = new ReadAhead(engine, settings, ({ message }) => failures.push(message))
  const order: string[] = []
  const queue = (name: string, ...names: string[]): void => {
    readAhead.queue(needs(...names), () => {
      const found = names.map((each) => readAhead.find(0, Buffer.from(each)))
      order.push([name, ...found.map((value) => (value === undefined ? '-' : Buffer.from(value).toString()))].join(' '))
    })
  }
  return { engine, failures, readAhead, order, queue }
}

test('what gathers during a read is read in one go, and everything runs in the order in which it came', async () => {
  const { engine, readAhead, order, queue } = await opened(['a', 'c'])
  queue('first', 'a')
  queue('second', 'b', 'c')
  queue('third')
  queue('fourth', 'a')
  assert.deepEqual(engine.reads, [['a']])
  await engine.release()
  assert.deepEqual(order, ['first value of a'])
  assert.deepEqual(engine.reads, [['a'], ['b', 'c', 'a']])
  await engine.release()
  assert.deepEqual(order.slice(1), ['second - value of c', 'third', 'fourth value of a'])
  await readAhead.idle()
})

test('work that needs nothing runs at once only where nothing waits', async () => {
  const { engine, readAhead, queue } = await opened()
  const free = needsOf(bare, operationOf(bare))
  assert.equal(readAhead.isFree(free), true)
  assert.equal(readAhead.isFree(needs('a')), false)
  queue('first', 'a')
  assert.equal(readAhead.isFree(free), false, 'it would overtake what is being read')
  await engine.release()
  assert.equal(readAhead.isFree(free), true)
})

test('a key that was not read is never taken for absent', async () => {
  const { engine, readAhead } = await opened(['a'])
  let seen: unknown
  readAhead.queue(needs('b'), () => {
    try {
      readAhead.find(0, Buffer.from('a'))
    } catch (error) {
      seen = error
    }
  })
  await engine.release()
  assert.match(String(seen), /not read/)
})

test('who needs many keys reads alone, in pieces', async () => {
  const { engine, order, queue } = await opened()
  queue('first', 'a')
  queue('long', ...Array.from({ length: 150 }, (_, i) => `key${i}`))
  queue('short', 'b')
  for (let i = 0; i < 5; i++) {
    assert.equal(order.length, [0, 1, 1, 1, 2][i], 'it runs when all of it is there')
    await engine.release()
  }
  assert.deepEqual(
    engine.reads.map((keys) => keys.length),
    [1, 64, 64, 22, 1],
  )
  assert.deepEqual(
    order.map((line) => line.split(' ')[0]),
    ['first', 'long', 'short'],
  )
})

test('a key that is named many times is read once', async () => {
  const { engine, order, queue } = await opened(['a'])
  queue('first', ...Array(3).fill('a'))
  queue('second', ...Array(60).fill('a'))
  await engine.release()
  await engine.release()
  assert.deepEqual(engine.reads, [['a'], ['a']])
  assert.deepEqual(order[0], `first${' value of a'.repeat(3)}`)
})

/** Records `key0` and so on with values of `valueBytes`. */
async function large(count: number, valueBytes: number) {
  const parts = await opened()
  const value = Buffer.concat([headOfRecord, Buffer.alloc(valueBytes)])
  const keys = Array.from({ length: count }, (_, i) => Buffer.from(`key${i}`))
  await parts.engine.apply(
    keys.map((key) => ({ space: 0, key, value }) as const),
    new Uint8Array(12),
  )
  return { ...parts, keys }
}

const headOfRecord = Buffer.alloc(fixedHeaderBytes)

test('reading ends when the values exceed the budget of an operation, and the next one goes on', async () => {
  const { engine, readAhead, keys } = await large(300, 100)
  const ran: string[] = []
  readAhead.queue({ records: keys, heads: [], system: [] }, (complete) => ran.push(`large ${complete}`))
  readAhead.queue(needs('key1'), (complete) => ran.push(`small ${complete}`))
  await engine.release()
  await engine.release()
  assert.deepEqual(ran, ['large false'], '128 values of 100 bytes exceed 10,000')
  await engine.release()
  assert.deepEqual(ran, ['large false', 'small true'])
  assert.deepEqual(
    engine.reads.map(({ length }) => length),
    [64, 64, 1],
  )
})

test('of records whose value nobody looks at only the head is kept, which the budget hardly feels', async () => {
  const { engine, readAhead, keys } = await large(300, 1_000)
  const seen: (number | undefined)[] = []
  readAhead.queue({ records: [], heads: keys, system: [] }, (complete) => {
    assert.equal(complete, true)
    for (const key of keys) seen.push(readAhead.find(0, key)?.buffer.byteLength)
  })
  for (let i = 0; i < 5; i++) await engine.release()
  assert.deepEqual(seen, Array(300).fill(fixedHeaderBytes))
  readAhead.queue({ records: [], heads: [keys[0]!], system: [] }, () => {})
  readAhead.queue({ records: [], heads: [keys[1]!], system: [] }, () => {})
  readAhead.queue({ records: [keys[1]!], heads: [], system: [] }, () => {
    seen.push(readAhead.find(0, keys[1]!)?.length)
  })
  await engine.release()
  await engine.release()
  assert.equal(seen.at(-1), fixedHeaderBytes + 1_000, 'somebody else does look at it')
})

test('where few of the largest values fit the budget, fewer keys are read at a time', async () => {
  const engine = new SlowEngine()
  const readAhead = new ReadAhead(engine, { mergeBudgetBytes: 1_000, maxValueBytes: 100 }, () => {})
  readAhead.queue(needs(...Array.from({ length: 50 }, (_, i) => `key${i}`)), () => {})
  for (let i = 0; i < 3; i++) await engine.release()
  assert.deepEqual(
    engine.reads.map(({ length }) => length),
    [20, 20, 10],
  )
})

test('a read that fails is told, and whoever waited runs to find out', async () => {
  const { engine, failures, readAhead } = await opened()
  let ran = 0
  readAhead.queue(needs('a'), () => void ran++)
  readAhead.queue(needs('b'), () => void ran++)
  await engine.fail('EIO')
  assert.deepEqual([failures, ran], [['EIO'], 1])
  await engine.release()
  assert.equal(ran, 2)
})

test('settled waits for reads and walks that had begun, and for no later ones', async () => {
  const { engine, readAhead, queue } = await opened()
  const ends: (() => void)[] = []
  const walk = (): Promise<void> => readAhead.walking(new Promise<void>((resolve) => ends.push(resolve)))
  const walks = [walk(), walk()]
  queue('read', 'a')
  let settled = false
  const settling = readAhead.settled().then(() => {
    settled = true
  })
  walks.push(walk())
  await turns(2)
  assert.equal(settled, false)
  ends[0]!()
  await engine.release()
  await turns(2)
  assert.equal(settled, false, 'the second walk is under way')
  ends[1]!()
  await settling
  assert.equal(settled, true, 'the third had not begun')
  const again = readAhead.settled()
  ends[2]!()
  await again
  await readAhead.settled()
  await Promise.all(walks)
})

test('needs name everything an evaluation looks at', () => {
  const stamp = { idempotency: { scope: Buffer.alloc(16, 1), fingerprint: Buffer.alloc(16, 2) } }
  const hex = (body: Body, extra = {}) => {
    const { records, heads, system } = needsOf(body, operationOf(body, extra))
    const names = { records: records.map(String), heads: heads.map(String) }
    return { ...names, system: system.map((key) => Buffer.from(key).toString('hex')) }
  }
  const tombstone = (id: number): string => tombstoneKey(id).toString('hex')
  const outcome = outcomeKey(stamp.idempotency.scope).toString('hex')
  const put = hex(putBody('a', 'v', { lease: 7 }), stamp)
  assert.deepEqual(put, { records: [], heads: ['a'], system: [tombstone(7), outcome] })
  const operations = [
    putBody('a', 'v', { lease: 7 }),
    putBody('b', 'v', { returnPrevious: true }),
    putBody('c', 'v', { lease: 8 }),
  ]
  const watches = [{ key: Buffer.from('w'), version: undefined }]
  const batch: Body = { kind: 'batch', operations, atomic: true, abortOnFailure: true, watches }
  assert.deepEqual(hex(batch), { records: ['b'], heads: ['a', 'c', 'w'], system: [tombstone(7), tombstone(8)] })
  const drop: Body = { kind: 'lease-drop', id: 9, keys: [Buffer.from('k')] }
  assert.deepEqual(hex(drop), { records: [], heads: ['k'], system: [tombstone(9)] })
  const key = Buffer.from('k')
  assert.equal(hex({ kind: 'get', key, projection: 'meta' }).records[0], 'k', 'it answers the size of the value')
  assert.equal(hex({ kind: 'modify', key, change: { name: 'persist' } }).records[0], 'k')
  assert.equal(hex({ kind: 'delete', key, returnPrevious: true }).records[0], 'k')
  assert.equal(hex({ kind: 'get-many', keys: [key] }).records[0], 'k')
  for (const kind of ['exists-many', 'delete-many'] as const) assert.equal(hex({ kind, keys: [key] }).heads[0], 'k')
  assert.equal(hex({ kind: 'delete', key }).heads[0], 'k')
})
