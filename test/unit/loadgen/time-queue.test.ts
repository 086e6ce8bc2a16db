import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimeQueue } from '../../../src/loadgen/time-queue.ts'

test('times leave in the order they came, round the end of the ring, and a full queue refuses', () => {
  const queue = new TimeQueue(3)
  const out: number[] = []
  for (let time = 0; time < 10; time++) {
    assert.equal(queue.push(time), true)
    assert.equal(queue.push(time + 0.5), true)
    assert.equal(queue.length, 2)
    for (; queue.length > 0; queue.shift()) out.push(queue.head)
  }
  assert.deepEqual(
    out,
    [...Array(20).keys()].map((half) => half / 2),
  )
  for (const time of [1, 2, 3]) assert.equal(queue.push(time), true)
  assert.equal(queue.push(4), false)
  assert.equal(queue.head, 1)
})
