import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateWarnings } from '../../../src/assembly/rate-warnings.ts'

test('a refusal is told at once, those of the next minute with the first one after it', () => {
  const clock = { time: 0, now: () => clock.time, wallMs: () => 0 }
  const told: [string, number][] = []
  const warnings = new RateWarnings(clock, (...warning) => told.push(warning))
  warnings.refused('192.0.2.1')
  assert.deepEqual(told, [['192.0.2.1', 1]])
  for (let i = 0; i < 5; i++) warnings.refused('192.0.2.2')
  clock.time = 59_999
  warnings.refused('192.0.2.2')
  assert.equal(told.length, 1)
  clock.time = 60_000
  warnings.refused('192.0.2.3')
  assert.deepEqual(told[1], ['192.0.2.3', 7])
})
