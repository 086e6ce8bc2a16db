import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allRules, type SafetyRule } from '../../src/replication/rules.ts'
import { simulate } from './simulation.ts'

const firstSeed = 1 + (Number(process.env['HEADGATE_TEST_SEED'] ?? 1) % 1_000_000_000)
const seeds = 30

/** As many as `npm run simulate` runs by itself would take half a minute. */
test(`${seeds} seeds from ${firstSeed} on without a violation`, () => {
  let acknowledged = 0
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const { violations, totals } = simulate({ seed })
    assert.deepEqual(violations, [], `npm run simulate -- --seeds 1 --from ${seed} --trace`)
    acknowledged += totals.acknowledged
  }
  assert.ok(acknowledged > 500 * seeds, `${acknowledged} writes were acknowledged`)
})

test('the same seed gives the same run, another seed another one', () => {
  const traceOf = (seed: number): string => {
    const lines: string[] = []
    const { fingerprint } = simulate({ seed, faultyMs: 5_000, note: (at, what) => lines.push(`${at} ${what}`) })
    return [fingerprint, ...lines].join('\n')
  }
  assert.equal(traceOf(firstSeed), traceOf(firstSeed))
  assert.notEqual(traceOf(firstSeed), traceOf(firstSeed + 1))
})

/** Rules whose absence few seeds suffice to notice; `npm run simulate -- --mutations` tries all of them. */
const noticed: readonly SafetyRule[] = ['commit-needs-all', 'leaders-keep-tails', 'barrier-before-reads']
for (const rule of noticed) {
  test(`a cluster without the rule ${rule} is noticed`, () => {
    for (let seed = 1; seed <= 60; seed++) {
      if (simulate({ seed, rules: { ...allRules, [rule]: false } }).violations.length > 0) return
    }
    assert.fail('60 seeds saw nothing wrong')
  })
}
