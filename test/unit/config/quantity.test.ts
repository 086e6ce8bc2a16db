import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/config/quantity.ts'

describe('durations', () => {
  const cases = { '250ms': 250, '2s': 2000, '1.5s': 1500, '10m': 600_000, '1h': 3_600_000, '7d': 604_800_000, '0ms': 0 }
  for (const [text, ms] of Object.entries(cases)) test(text, () => assert.equal(parseDuration(text), ms))

  for (const text of ['', '5', 's', '2 s', '-1s', '1e3ms', '2S', '2sec', '1h30m', '.5s', '5.s', ' 5s', '5s\n']) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseDuration(text), undefined))
  }
})

describe('sizes', () => {
  const cases = { '0B': 0, '512B': 512, '8KiB': 8192, '1MiB': 1_048_576, '1.5MiB': 1_572_864, '2GiB': 2 * 1024 ** 3 }
  for (const [text, bytes] of Object.entries(cases)) test(text, () => assert.equal(parseSize(text), bytes))

  for (const text of ['', '5', '1MB', '1kb', '1kib', '1M', '-1B', '1 MiB', '0x10B']) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseSize(text), undefined))
  }
})

test('what is formatted is read back as the same amount', () => {
  fc.assert(fc.property(fc.nat(2 ** 40), (amount) => parseSize(formatSize(amount)) === amount))
  fc.assert(fc.property(fc.nat(2 ** 40), (amount) => parseDuration(formatDuration(amount)) === amount))
})

test('formats choose the largest unit that is exact', () => {
  assert.equal(formatSize(1_048_576), '1MiB')
  assert.equal(formatSize(1_049_600), '1025KiB')
  assert.equal(formatDuration(90_000), '90s')
  assert.equal(formatDuration(0), '0ms')
})
