import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KeyChooser, uniformKeys, zipfKeys } from '../../../src/loadgen/key-chooser.ts'
import { seededRandom } from '../../../src/runtime/random.ts'

const draws = 200_000

function shares(choose: KeyChooser, keys: number): number[] {
  const counts = new Array<number>(keys).fill(0)
  for (let i = 0; i < draws; i++) counts[choose()]!++
  return counts.map((count) => count / draws)
}

/** Sum over keys of (seen - expected)^2 / expected, in units of draws; about `keys` when the two agree. */
function chiSquare(seen: readonly number[], expected: readonly number[]): number {
  return seen.reduce((sum, share, i) => sum + (draws * (share - expected[i]!) ** 2) / expected[i]!, 0)
}

test('uniform keys are all as frequent', () => {
  const seen = shares(uniformKeys(50, seededRandom(3)), 50)
  const statistic = chiSquare(seen, new Array<number>(50).fill(1 / 50))
  assert.ok(statistic < 100, `chi-square ${statistic} with 49 degrees of freedom`)
})

for (const exponent of [0.5, 0.99, 1, 1.5, 3]) {
  test(`zipf keys with exponent ${exponent} follow the law`, () => {
    const keys = 40
    const weights = Array.from({ length: keys }, (_, i) => (i + 1) ** -exponent)
    const total = weights.reduce((a, b) => a + b)
    const seen = shares(zipfKeys(keys, exponent, seededRandom(5)), keys)
    const statistic = chiSquare(
      seen,
      weights.map((weight) => weight / total),
    )
    assert.ok(statistic < 90, `chi-square ${statistic} with 39 degrees of freedom`)
  })
}

test('zipf keys stay within the key space, one key included', () => {
  const one = zipfKeys(1, 0.99, seededRandom(1))
  const many = zipfKeys(1_000_000_000, 0.99, seededRandom(1))
  for (let i = 0; i < 10_000; i++) {
    assert.equal(one(), 0)
    const key = many()
    assert.ok(Number.isInteger(key) && key >= 0 && key < 1_000_000_000)
  }
})
