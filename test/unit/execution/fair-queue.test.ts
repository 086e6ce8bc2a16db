import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FairQueue, type Queued } from '../../../src/execution/fair-queue.ts'
import { Ring } from '../../../src/execution/ring.ts'

interface Item extends Queued {
  readonly name: string
}

function item(name: string, bytes = 1): Item {
  return { client: name[0]!, name, bytes }
}

function queueOf(...names: string[]): FairQueue<Item> {
  const queue = new FairQueue<Item>()
  for (const name of names) queue.push(item(name))
  return queue
}

function drained(queue: FairQueue<Item>): string[] {
  const names: string[] = []
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) names.push(entry.name)
  return names
}

test('clients take turns, each first in first out', () => {
  assert.deepEqual(drained(queueOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2')), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
})

test('a client that comes back waits for its turn', () => {
  const queue = queueOf('a1', 'b1', 'b2')
  assert.equal(queue.shift()!.name, 'a1')
  queue.push(item('a2'))
  assert.deepEqual(drained(queue), ['b1', 'a2', 'b2'])
})

test('the longest line gives way, its oldest first; a newcomer counts for its own line', () => {
  const queue = queueOf('a1', 'a2', 'a3', 'b1')
  assert.equal(queue.evictLongest(item('c1'))?.name, 'a1')
  assert.equal(queue.evictLongest(item('b2'))?.name, 'b1', 'b would have as many as a: b gives way')
  assert.equal(queueOf('a1', 'b1').evictLongest(item('c1')), undefined, 'nobody has more than the newcomer')
  assert.equal(queue.size, 2)
})

test('the largest line gives way by bytes', () => {
  const queue = new FairQueue<Item>()
  queue.push(item('a1', 10))
  queue.push(item('a2', 10))
  queue.push(item('b1', 500))
  assert.equal(queue.evictLargest(item('a3', 50))?.name, 'b1')
  assert.equal(queue.bytes, 20)
  assert.equal(queue.evictLargest(item('c1', 50)), undefined)
})

test('a sweep takes entries out of the middle, and their turns with them', () => {
  const queue = queueOf('a1', 'a2', 'b1', 'c1')
  const dropped: Item[] = []
  queue.sweep(({ name }) => name === 'a1' || name === 'b1', dropped)
  assert.deepEqual(
    dropped.map(({ name }) => name),
    ['a1', 'b1'],
  )
  queue.push(item('b2'))
  assert.deepEqual([queue.size, drained(queue), queue.size, queue.bytes], [3, ['a2', 'b2', 'c1'], 0, 0])
})

test('whatever happens, nothing is lost, sizes are right and every line keeps its order', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd').map((client) => ({ push: client })) },
    { weight: 2, arbitrary: fc.constant('shift' as const) },
    fc.constantFrom('longest' as const, 'largest' as const, 'sweep' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const queue = new FairQueue<Item>()
      let inside: Item[] = []
      let pushed = 0
      const gone = (entry: Item | undefined) => {
        if (entry === undefined) return
        assert.equal(
          entry,
          inside.find(({ client }) => client === entry.client),
          'not the oldest of its line',
        )
        inside = inside.filter((other) => other !== entry)
      }
      for (const action of steps) {
        if (typeof action === 'object') {
          const entry = item(`${action.push}${pushed++}`, 1 + (pushed % 7))
          queue.push(entry)
          inside.push(entry)
        } else if (action === 'shift') {
          const before = inside.length
          gone(queue.shift())
          assert.equal(inside.length, Math.max(0, before - 1))
        } else if (action === 'sweep') {
          const dropped: Item[] = []
          queue.sweep(({ bytes }) => bytes % 3 === 0, dropped)
          inside = inside.filter(({ bytes }) => bytes % 3 !== 0)
        } else gone(action === 'longest' ? queue.evictLongest(item('a')) : queue.evictLargest(item('a')))
        assert.equal(queue.size, inside.length)
        assert.equal(
          queue.bytes,
          inside.reduce((sum, { bytes }) => sum + bytes, 0),
        )
      }
      assert.equal(drained(queue).length, inside.length)
    }),
    { numRuns: 500, interruptAfterTimeLimit: 10_000 },
  )
})

test('a ring keeps order while it grows, wraps and is filtered', () => {
  const ring = new Ring<number>()
  let next = 0
  let first = 0
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 7; i++) ring.push(next++)
    for (let i = 0; i < 5; i++) assert.equal(ring.shift(), first++)
  }
  ring.filter((value) => value % 2 === 0)
  const left: number[] = []
  for (let value = ring.shift(); value !== undefined; value = ring.shift()) left.push(value)
  assert.deepEqual(
    left,
    Array.from({ length: next - first }, (_, i) => first + i).filter((value) => value % 2 === 0),
  )
})
