import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body } from '../../../../src/operation/body.ts'
import type { Space } from '../../../../src/stores/embedded/engine/engine.ts'
import { needsOf, ReadAhead } from '../../../../src/stores/embedded/read-ahead.ts'
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

const needs = (...names: string[]) => ({ records: names.map((name) => Buffer.from(name)), system: [] })
const bare: Body = { kind: 'count', range: {} }

async function opened(records: readonly string[] = []) {
  const engine = new SlowEngine()
  const changes = records.map(
    (name) => ({ space: 0, key: Buffer.from(name), value: Buffer.from(`value of ${name}`) }) as const,
  )
  await engine.apply(changes, new Uint8Array(12))
  const failures: string[] = []
  const readAhead = new ReadAhead(engine, ({ message }) => failures.push(message))
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

test('long lists of keys are read alone', async () => {
  const { engine, queue } = await opened()
  queue('first', 'a')
  queue('long', ...Array.from({ length: 600 }, (_, i) => `key${i}`))
  queue('short', 'b')
  await engine.release()
  await engine.release()
  await engine.release()
  assert.deepEqual(
    engine.reads.map((keys) => keys.length),
    [1, 600, 1],
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
    const { records, system } = needsOf(body, operationOf(body, extra))
    return { records: records.map(String), system: system.map((key) => Buffer.from(key).toString('hex')) }
  }
  const tombstone = (id: number): string => tombstoneKey(id).toString('hex')
  const outcome = outcomeKey(stamp.idempotency.scope).toString('hex')
  assert.deepEqual(hex(putBody('a', 'v', { lease: 7 }), stamp), { records: ['a'], system: [tombstone(7), outcome] })
  const operations = [putBody('a', 'v', { lease: 7 }), putBody('b', 'v'), putBody('c', 'v', { lease: 8 })]
  const watches = [{ key: Buffer.from('w'), version: undefined }]
  const batch: Body = { kind: 'batch', operations, atomic: true, abortOnFailure: true, watches }
  assert.deepEqual(hex(batch), { records: ['a', 'b', 'c', 'w'], system: [tombstone(7), tombstone(8)] })
  const drop: Body = { kind: 'lease-drop', id: 9, keys: [Buffer.from('k')] }
  assert.deepEqual(hex(drop), { records: ['k'], system: [tombstone(9)] })
})
