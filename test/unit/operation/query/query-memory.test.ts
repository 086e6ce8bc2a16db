import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryMemory } from '../../../../src/operation/query/query-memory.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const KiB = 1024

function memoryOf(limitBytes: number) {
  const runtime = new VirtualRuntime()
  const memory = new QueryMemory(runtime, limitBytes)
  const begin = (arrivedAt: number, tag: number, deadline = 1e9) => memory.begin(arrivedAt, tag, deadline)
  return { runtime, memory, begin }
}

/** Whether a promise has been resolved by now. */
async function resolved(promise: Promise<void>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

test('within the bound all may grow; beyond it the oldest, and small work a little', () => {
  const { memory, begin } = memoryOf(200 * KiB)
  const [first, second, small] = [begin(5, 1), begin(5, 2), begin(6, 3)]
  memory.resize(0, 50 * KiB)
  first.resize(75 * KiB)
  second.resize(75 * KiB)
  assert.ok(first.mayGrow && second.mayGrow && small.mayGrow)
  small.resize(40 * KiB)
  assert.deepEqual([first.mayGrow, second.mayGrow, small.mayGrow], [true, false, true])
  small.resize(60 * KiB)
  assert.deepEqual([first.mayGrow, second.mayGrow, small.mayGrow], [true, false, false], 'a quarter beyond the bound')
  first.resize(10 * KiB)
  assert.ok(second.mayGrow && small.mayGrow)
  for (const share of [first, second, small]) share.release()
  assert.equal(memory.heldBytes, 50 * KiB)
})

test('age is the time of arrival, then the tag, then the order in which shards begin', () => {
  const { memory, begin } = memoryOf(0)
  const shares = [begin(7, 1), begin(6, 9), begin(6, 2), begin(6, 2)]
  for (const share of shares) share.resize(KiB)
  const turns: boolean[][] = []
  for (const next of [2, 3, 1, 0]) {
    turns.push(shares.map((share) => share.mayGrow))
    shares[next]!.release()
  }
  assert.deepEqual(
    turns.map((row) => row.filter(Boolean).length),
    [1, 1, 1, 1],
  )
  assert.deepEqual(
    turns.map((row) => row.indexOf(true)),
    [2, 3, 1, 0],
  )
  assert.equal(memory.heldBytes, 0)
})

test('who waits is woken when the oldest is done, when there is room again, and to look for its deadline', async () => {
  const { runtime, memory, begin } = memoryOf(100 * KiB)
  const [oldest, next, last] = [begin(1, 1), begin(2, 2), begin(3, 3)]
  for (const share of [oldest, next, last]) share.resize(70 * KiB)
  const [byAge, alsoWoken] = [next.wait(), last.wait()]
  assert.equal(memory.waiting, 2)
  assert.ok(!(await resolved(byAge)))
  oldest.finish()
  assert.ok((await resolved(byAge)) && (await resolved(alsoWoken)))
  assert.deepEqual([next.mayGrow, last.mayGrow], [false, false], 'an answer is being handed out')
  assert.equal(memory.heldBytes, 210 * KiB)
  const byHandOut = next.wait()
  oldest.release()
  assert.ok(await resolved(byHandOut))
  assert.deepEqual([next.mayGrow, last.mayGrow], [true, false])
  const byRoom = last.wait()
  next.resize(40 * KiB)
  assert.ok(!(await resolved(byRoom)), 'a little more than there is')
  next.resize(20 * KiB)
  assert.ok(await resolved(byRoom))
  const byTime = last.wait()
  runtime.advance(100)
  assert.ok(await resolved(byTime))
  assert.deepEqual([memory.waiting, runtime.pending], [0, 0], 'nobody waits: nothing is swept')
})

test('work that is overdue holds up nobody, and what it holds counts until it is handed out', async () => {
  const { runtime, memory, begin } = memoryOf(100 * KiB)
  const [stuck, other] = [begin(1, 1, runtime.clock.now() + 60), begin(2, 2)]
  for (const share of [stuck, other]) share.resize(100 * KiB)
  const waiting = other.wait()
  runtime.advance(50)
  assert.ok(await resolved(waiting))
  assert.ok(!other.mayGrow)
  const again = other.wait()
  runtime.advance(50)
  assert.ok(await resolved(again))
  assert.ok(other.mayGrow)
  assert.equal(memory.heldBytes, 200 * KiB)
  stuck.release()
  stuck.release()
  assert.equal(memory.heldBytes, 100 * KiB)
  assert.throws(() => stuck.resize(1), /answered/)
})
