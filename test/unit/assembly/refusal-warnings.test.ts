import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusalWarnings, whyRefused } from '../../../src/assembly/refusal-warnings.ts'

test('a refusal is told at once, those of the next minute with the first one after it', () => {
  const clock = { time: 0, now: () => clock.time, wallMs: () => 0 }
  const told: [string, string, number][] = []
  const warnings = new RefusalWarnings(clock, (...warning) => told.push(warning))
  warnings.refused('rate', '192.0.2.1')
  assert.deepEqual(told, [['rate', '192.0.2.1', 1]])
  for (let i = 0; i < 5; i++) warnings.refused('rate', '192.0.2.2')
  clock.time = 59_999
  warnings.refused('rate', '192.0.2.2')
  assert.equal(told.length, 1)
  clock.time = 60_000
  warnings.refused('rate', '192.0.2.3')
  assert.deepEqual(told[1], ['rate', '192.0.2.3', 7])
})

test('each reason is told by itself', () => {
  const told: [string, string, number][] = []
  const warnings = new RefusalWarnings({ now: () => 0, wallMs: () => 0 }, (...warning) => told.push(warning))
  for (const reason of ['rate', 'per-address', 'total', 'per-address'] as const) warnings.refused(reason, '192.0.2.1')
  assert.deepEqual(
    told.map(([reason]) => reason),
    ['rate', 'per-address', 'total'],
  )
})

test('each reason names what was reached and the options to change', () => {
  const limits = { maxConnections: 11, maxConnectionsPerIp: 22, connectionRatePerIp: 33, connectionBurstPerIp: 44 }
  assert.match(whyRefused('total', limits), /11.*limits\.maxConnections$/)
  assert.match(whyRefused('per-address', limits), /22.*limits\.maxConnectionsPerIp, limits\.trustedAddresses$/)
  assert.match(whyRefused('rate', limits), /33 a second, 44 at once.*limits\.connectionRatePerIp/)
})
