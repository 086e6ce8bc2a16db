import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from '../../../src/config/load.ts'
import { addressKey, ConnectionLimits } from '../../../src/ingress/connection-limits.ts'

function limitsAt(clock: { time: number }, extra: Partial<ConstructorParameters<typeof ConnectionLimits>[0]> = {}) {
  return new ConnectionLimits(
    {
      maxConnections: 5,
      maxConnectionsPerIp: 3,
      trustedAddresses: [],
      connectionRatePerIp: 10,
      connectionBurstPerIp: 4,
      ...extra,
    },
    { now: () => clock.time, wallMs: () => 0 },
  )
}

test('addresses are counted in total and one by one, and given back', () => {
  const limits = limitsAt({ time: 0 })
  for (let i = 0; i < 3; i++) assert.equal(limits.admit('192.0.2.1'), undefined)
  assert.equal(limits.admit('192.0.2.1'), 'per-address')
  assert.equal(limits.admit('192.0.2.2'), undefined)
  assert.equal(limits.admit('192.0.2.3'), undefined)
  assert.equal(limits.admit('192.0.2.4'), 'total')
  assert.equal(limits.open, 5)
  limits.release('192.0.2.1')
  assert.equal(limits.open, 4)
  assert.equal(limits.admit('192.0.2.1'), undefined)
})

test('new connections of one address follow the rate after the burst', () => {
  const clock = { time: 1000 }
  const limits = limitsAt(clock)
  const attempt = (): string | undefined => {
    const refusal = limits.admit('192.0.2.1')
    if (refusal === undefined) limits.release('192.0.2.1')
    return refusal
  }
  assert.deepEqual([attempt(), attempt(), attempt(), attempt()], [undefined, undefined, undefined, undefined])
  assert.equal(attempt(), 'rate')
  assert.equal(limits.admit('192.0.2.9'), undefined, 'another address is not affected')
  clock.time += 99
  assert.equal(attempt(), 'rate')
  clock.time += 1
  assert.equal(attempt(), undefined)
  assert.equal(attempt(), 'rate')
  clock.time += 10_000
  for (let i = 0; i < 4; i++) assert.equal(attempt(), undefined)
  assert.equal(attempt(), 'rate')
})

test('a refused connection costs none of the rate', () => {
  const clock = { time: 0 }
  const limits = limitsAt(clock, { maxConnectionsPerIp: 1 })
  assert.equal(limits.admit('192.0.2.1'), undefined)
  for (let i = 0; i < 20; i++) assert.equal(limits.admit('192.0.2.1'), 'per-address')
  limits.release('192.0.2.1')
  assert.equal(limits.admit('192.0.2.1'), undefined)
})

test('trusted addresses are exempt from per-address limits, not from the total', () => {
  const limits = limitsAt({ time: 0 }, { trustedAddresses: ['127.0.0.0/8', '2001:db8::1'] })
  for (let i = 0; i < 4; i++) assert.equal(limits.admit('::ffff:127.0.0.9'), undefined)
  assert.equal(limits.admit('2001:db8::1'), undefined)
  assert.equal(limits.admit('127.0.0.9'), 'total')
  for (let i = 0; i < 4; i++) limits.release('127.0.0.9')
  limits.release('2001:db8::1')
  assert.equal(limits.open, 0)
})

test('loopback is not trusted by itself', () => {
  const limits = limitsAt({ time: 0 })
  for (let i = 0; i < 3; i++) assert.equal(limits.admit('127.0.0.1'), undefined)
  assert.equal(limits.admit('127.0.0.1'), 'per-address')
})

test('a trusted address that is none is refused at once', () => {
  for (const bad of ['localhost', '10.0.0.0/33', '10.0.0.0/x', '']) {
    assert.throws(() => limitsAt({ time: 0 }, { trustedAddresses: [bad] }), TypeError, bad)
  }
})

test('IPv6 counts by /64, IPv4 by address', () => {
  const cases: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2/64'],
    ['2001:0db8:0001::', '2001:db8:1:0/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1/64'],
    ['::1', '0:0:0:0/64'],
    ['fe80::1%eth0', 'fe80:0:0:0/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0/64'],
  ]
  for (const [address, key] of cases) assert.equal(addressKey(address), key, address)
})

test('the memory for rates is bounded', () => {
  const limits = limitsAt({ time: 0 }, { connectionBurstPerIp: 1 })
  for (let i = 0; i < 120_000; i++) {
    const address = `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`
    assert.equal(limits.admit(address), undefined)
    limits.release(address)
  }
  assert.equal(limits.admit('10.1.212.191'), 'rate', 'the newest is remembered')
  assert.equal(limits.admit('10.0.0.0'), undefined, 'the oldest is forgotten')
})

test('by default an address may open what a benchmark of twenty tests opens, and 200 a second from then on', () => {
  const loaded = loadSettings({ file: undefined, overrides: [], environment: {} })
  assert.ok(loaded.ok)
  const clock = { time: 0 }
  const limits = new ConnectionLimits(loaded.settings.limits, { now: () => clock.time, wallMs: () => 0 })
  const letIn = (attempts: number): number => {
    let count = 0
    for (let i = 0; i < attempts; i++) {
      if (limits.admit('127.0.0.1') !== undefined) continue
      limits.release('127.0.0.1')
      count++
    }
    return count
  }
  assert.equal(letIn(20 * 50), 1000)
  assert.equal(letIn(10), 0)
  clock.time += 1000
  assert.equal(letIn(1000), 200)
})
