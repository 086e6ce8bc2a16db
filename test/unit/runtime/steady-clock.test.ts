import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteadyClock } from '../../../src/runtime/steady-clock.ts'

const start = Date.UTC(2030, 0, 1)

/** A system's clocks, both moved by hand, and what the steady clock makes of them. */
class Machine {
  monotonic = 5_000.25
  wall = start
  readonly clock = new SteadyClock({ now: () => this.monotonic, wallMs: () => Math.floor(this.wall) })

  /** Both clocks go on, and are read twice a second meanwhile. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      const part = Math.min(left, 500)
      this.monotonic += part
      this.wall += part
      this.read()
    }
  }

  /** Since the start, by the steady clock. */
  read(): number {
    return this.clock.wallMs() - start
  }
}

const hour = 3_600_000

test('an hour ahead for a moment is not believed, and neither is an hour behind', () => {
  for (const step of [hour, -hour, 100 * 365 * 24 * hour]) {
    const machine = new Machine()
    machine.pass(2_000)
    machine.wall += step
    assert.equal(machine.read(), 2_000)
    machine.pass(9_500)
    assert.equal(machine.read(), 11_500, 'it goes on by the monotonic clock')
    machine.wall -= step
    machine.pass(60_000)
    assert.equal(machine.read(), 71_500)
  }
})

test('a step that lasts is believed after ten seconds, forward and back', () => {
  const machine = new Machine()
  machine.wall += hour
  machine.read()
  machine.pass(9_500)
  assert.equal(machine.read(), 9_500)
  machine.pass(500)
  assert.equal(machine.read(), 10_000 + hour)
  machine.wall -= hour
  assert.equal(machine.read(), 10_000 + hour)
  machine.pass(10_000)
  assert.equal(machine.read(), 20_000, 'a wrong clock has been set right')
})

test('a clock that never rests at one time is not believed at all', () => {
  const machine = new Machine()
  for (let i = 1; i <= 40; i++) {
    machine.wall += 2_000
    machine.pass(500)
    assert.equal(machine.read(), i * 500)
  }
})

test('less than a second is followed at once, but never backwards', () => {
  const machine = new Machine()
  machine.wall += 900
  assert.equal(machine.read(), 900)
  machine.wall -= 600
  assert.equal(machine.read(), 900, 'it stands still')
  machine.pass(500)
  assert.equal(machine.read(), 900)
  machine.pass(500)
  assert.equal(machine.read(), 1_300)
  for (let i = 0; i < 10; i++) {
    machine.wall -= 900
    machine.read()
  }
  assert.ok(machine.read() - (machine.wall - start) <= 1_000, 'many small steps do not stop it for long')
})

test('a clock that is slewed is followed however far it goes', () => {
  const machine = new Machine()
  for (let i = 0; i < 100_000; i++) {
    machine.monotonic += 500
    machine.wall += 500.25
    machine.read()
  }
  assert.equal(machine.read(), Math.floor(machine.wall) - start)
})
