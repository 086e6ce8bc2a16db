import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Latency } from '../../../src/loadgen/latency.ts'
import { Tally } from '../../../src/loadgen/tally.ts'

before(() => Latency.prepare())

test('only requests intended within the window are measured, whenever they are answered', () => {
  const tally = new Tally({ from: 100, to: 200 })
  for (const intendedAt of [50, 99, 100, 150, 199, 200]) tally.onDue(intendedAt, intendedAt + 2)
  tally.onAnswer(50, 120, 'ok', '')
  tally.onAnswer(100, 110, 'ok', '')
  tally.onAnswer(150, 260, 'miss', '')
  tally.onAnswer(200, 205, 'ok', '')
  const result = tally.finish()
  assert.equal(result.offered, 3)
  assert.equal(result.successes, 2)
  assert.equal(result.misses, 1)
  assert.equal(result.unanswered, 1)
  assert.equal(result.successesInWindow, 2, 'one warm-up request and one measured one were answered in time')
  assert.equal(result.success.count, 2)
  assert.ok(Math.abs(result.success.maxUs - 110_000) < 110, `max ${result.success.maxUs} us`)
  assert.equal(result.lag.p50Us, 2000)
})

test('shed requests and errors are counted by kind and timed apart', () => {
  const tally = new Tally({ from: 0, to: 100 })
  for (let i = 0; i < 5; i++) tally.onDue(i, i)
  tally.onAnswer(0, 1, 'shed', 'queue-full')
  tally.onAnswer(1, 3, 'shed', 'rate')
  tally.onAnswer(2, 50, 'error', 'deadline')
  tally.onAnswer(3, 4, 'shed', 'rate')
  tally.onDropped(4)
  const result = tally.finish()
  assert.deepEqual(result.shedReasons, { 'queue-full': 1, rate: 2 })
  assert.deepEqual(result.errorCodes, { deadline: 1 })
  assert.deepEqual([result.shed, result.errors, result.dropped, result.unanswered], [3, 1, 1, 0])
  assert.equal(result.reject.maxUs, 2000)
  assert.equal(result.success.count, 0)
  assert.equal(result.success.p99Us, 0)
})

test('an interval holds what came since the last one', () => {
  const tally = new Tally({ from: 0, to: 100 })
  tally.onAnswer(0, 1, 'ok', '')
  tally.onAnswer(0, 1, 'shed', 'rate')
  tally.onAnswer(0, 1, 'error', 'deadline')
  assert.deepEqual(tally.takeInterval(), { successes: 1, shed: 1, errors: 1, p50Us: 1000, p99Us: 1000 })
  assert.deepEqual(tally.takeInterval(), { successes: 0, shed: 0, errors: 0, p50Us: 0, p99Us: 0 })
  tally.finish()
})

test('durations beyond the histogram are clamped, not lost', () => {
  const latency = Latency.create()
  latency.recordMs(1e9)
  latency.recordMs(-5)
  assert.equal(latency.summary().count, 2)
  assert.ok(latency.summary().maxUs >= 3_599_000_000)
  latency.end()
})
