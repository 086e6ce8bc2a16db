import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BacklogPace } from '../../../../src/stores/embedded/backlog-pace.ts'

const bound = 80_000
const paced = 70_000

/** An engine that takes `bytes` every `everyMs`, and writers that use all the room there is. */
class Run {
  now = 0
  backlog = 0
  written = 0
  readonly pace = new BacklogPace({ now: () => this.now, wallMs: () => this.now }, bound)

  write(most = Number.POSITIVE_INFINITY): number {
    let count = 0
    while (count < most && this.pace.hasRoom(this.backlog)) {
      this.backlog += 10
      count += 10
    }
    this.written += count
    return count
  }

  take(bytes: number): void {
    this.backlog -= bytes
    this.pace.took(bytes, this.backlog)
  }

  /** Writers are asked every millisecond. Answers the least they wrote in any 10 ms. */
  go(ms: number, bytes: number, everyMs: number): number {
    let [least, lately] = [Number.POSITIVE_INFINITY, 0]
    for (let i = 1; i <= ms; i++) {
      this.now += 1
      if (bytes > 0 && i % everyMs === 0) this.take(bytes)
      lately += this.write()
      if (i % 10 !== 0) continue
      least = Math.min(least, lately)
      lately = 0
    }
    return least
  }
}

test('what is written while there is room is not held up', () => {
  const run = new Run()
  assert.equal(run.write(), paced, 'nothing has been taken yet: no pace is known')
  assert.equal(run.pace.roomAfterMs(paced - 1), 0)
  assert.equal(run.pace.roomAfterMs(paced), Number.POSITIVE_INFINITY)
})

test('a backlog that is nearly full grows no faster than it is worked off', () => {
  const run = new Run()
  run.go(5000, 100, 5)
  const before = run.written
  run.go(1000, 100, 5)
  const rate = run.written - before
  assert.ok(rate > 15_000 && rate <= 22_000, `${rate} bytes were written while 20,000 were taken`)
  assert.ok(run.backlog < paced + 3000, `${run.backlog} bytes are left`)
})

test('while the engine is held up writes go on at its pace, and afterwards the reserve comes back', () => {
  const run = new Run()
  run.go(5000, 100, 5)
  const least = run.go(300, 0, 1)
  assert.ok(least > 100, `${least} bytes in 10 ms, at a pace of 200`)
  assert.ok(run.backlog > paced + 4000)
  run.go(8000, 100, 5)
  assert.ok(run.backlog < paced + 3000, `${run.backlog} bytes are left`)
})

test('the bound holds however long the engine is held up', () => {
  const run = new Run()
  run.go(5000, 100, 5)
  run.go(60_000, 0, 1)
  assert.equal(run.backlog, bound)
  assert.equal(run.pace.roomAfterMs(bound), Number.POSITIVE_INFINITY)
  run.take(100)
  assert.ok(run.pace.roomAfterMs(run.backlog) < Number.POSITIVE_INFINITY)
})

test('says when there will be room', () => {
  const run = new Run()
  run.go(5000, 100, 5)
  run.write()
  const ms = run.pace.roomAfterMs(run.backlog)
  assert.ok(ms >= 0 && ms < 10, `${ms} ms`)
  run.now += ms + 0.001
  assert.equal(run.pace.hasRoom(run.backlog), true)
})
