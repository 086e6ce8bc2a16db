import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ordered } from '../../../../src/execution/merge/ordered.ts'
import type { ScanBody } from '../../../../src/operation/body.ts'
import type { PageReply } from '../../../../src/operation/reply.ts'
import { jsonRecord } from '../../../support/json-records.ts'
import { bytesOf } from '../../../support/operations.ts'

const hundred: ScanBody = { kind: 'scan', range: {}, order: 'asc', limit: 100, maxBytes: 1e6, values: true }

function pageOf(keys: readonly string[], more: boolean): PageReply {
  const entries = keys.map((key) => ({ key: bytesOf(key), record: jsonRecord(1), size: 1 }))
  return { kind: 'page', entries, more, positions: [] }
}

function keysOf(merge: Ordered): string[] {
  const reply = merge.finish([], [])
  return reply.entries.map(({ key }) => Buffer.from(key).toString())
}

function wanted(merge: Ordered): number[] {
  const steps: number[] = []
  for (let step = merge.next(); step !== undefined; step = merge.next()) steps.push(step)
  return steps
}

function scanOf(merge: Ordered, step: number): ScanBody {
  return merge.bodyFor(step) as ScanBody
}

test('each shard is asked for its share and a little, not for the whole page', () => {
  const merge = new Ordered(4, hundred)
  assert.deepEqual(wanted(merge), [0, 1, 2, 3])
  const total = [0, 1, 2, 3].reduce((sum, step) => sum + scanOf(merge, step).limit, 0)
  assert.equal(total, 120)
  assert.equal(scanOf(new Ordered(1, hundred), 0).limit, 100)
  assert.equal(scanOf(new Ordered(4, { ...hundred, limit: 1 }), 0).limit, 1)
  assert.equal(scanOf(new Ordered(4, { ...hundred, maxBytes: 100 }), 0).maxBytes, 100)
})

test('nothing is merged past the last key of a shard that may have more', () => {
  const merge = new Ordered(2, hundred)
  wanted(merge)
  merge.take(0, pageOf(['a', 'b'], true))
  assert.deepEqual(keysOf(merge), [], 'shard 1 may have an earlier key')
  merge.take(1, pageOf(['c', 'd'], false))
  assert.deepEqual(keysOf(merge), ['a', 'b'], 'shard 0 may have bb')
  assert.deepEqual(wanted(merge), [0])
  const refill = scanOf(merge, 0)
  assert.deepEqual(refill.range, { lower: { key: bytesOf('b'), inclusive: false } })
  // The other shard has told all it has.
  assert.equal(refill.limit, 98)
  merge.take(0, pageOf(['bb', 'e'], false))
  assert.equal(merge.done, true)
  assert.deepEqual(keysOf(merge), ['a', 'b', 'bb', 'c', 'd', 'e'])
  assert.equal(merge.finish([], []).more, false)
})

test('descending, it goes on below the last key', () => {
  const range = { lower: { key: bytesOf('a'), inclusive: true }, upper: { key: bytesOf('z'), inclusive: true } }
  const merge = new Ordered(2, { ...hundred, order: 'desc', range })
  wanted(merge)
  merge.take(0, pageOf(['y', 'x'], true))
  merge.take(1, pageOf(['w'], false))
  assert.deepEqual(keysOf(merge), ['y', 'x'])
  assert.deepEqual(scanOf(merge, wanted(merge)[0]!).range, { ...range, upper: { key: bytesOf('x'), inclusive: false } })
})

test('a full page says whether there is more', () => {
  const merge = new Ordered(2, { ...hundred, limit: 2 })
  wanted(merge)
  merge.take(0, pageOf(['a', 'c'], false))
  merge.take(1, pageOf(['b'], false))
  assert.deepEqual([merge.done, keysOf(merge), merge.finish([], []).more], [true, ['a', 'b'], true])
  const exact = new Ordered(2, { ...hundred, limit: 2 })
  wanted(exact)
  exact.take(0, pageOf(['a'], false))
  exact.take(1, pageOf(['b'], false))
  assert.deepEqual([exact.done, exact.finish([], []).more], [true, false])
})

test('a page ends before the record that would pass its bytes, but holds one', () => {
  const merge = new Ordered(2, { ...hundred, maxBytes: 1 })
  wanted(merge)
  merge.take(0, pageOf(['a'], true))
  merge.take(1, pageOf(['b'], true))
  assert.deepEqual([merge.done, keysOf(merge), merge.finish([], []).more], [true, ['a'], true])
})

test('a shard left out holds nothing up; what it gave stays', () => {
  const merge = new Ordered(3, hundred)
  wanted(merge)
  merge.take(0, pageOf(['a', 'd'], true))
  merge.take(1, pageOf(['b', 'e'], false))
  assert.deepEqual(keysOf(merge), [])
  merge.leaveOut(2)
  assert.deepEqual(keysOf(merge), ['a', 'b', 'd'])
  assert.deepEqual(wanted(merge), [0])
  merge.leaveOut(0)
  assert.deepEqual([merge.done, keysOf(merge)], [true, ['a', 'b', 'd', 'e']])
})
