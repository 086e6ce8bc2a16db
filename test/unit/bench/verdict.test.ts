import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Floor } from '../../../bench/floors.ts'
import { summarize } from '../../../bench/statistics.ts'
import { type Evidence, ruleOn } from '../../../bench/verdict.ts'

const atLeast: Floor = { of: 'a/b', bound: 'at-least', value: 0.5, unit: 'x', claim: 'fast' }
const atMost: Floor = { of: 'a/b', bound: 'at-most', value: 20, unit: 'ms', claim: 'short' }
const evidence = (value: number | undefined, more: Partial<Evidence> = {}): Evidence => ({
  result: value === undefined ? undefined : summarize([value]),
  invalidRounds: 0,
  heldBack: false,
  perCpu: undefined,
  foreignCpu: 0,
  ...more,
})
const verdictOf = (floor: Floor | undefined, given: Evidence) => ruleOn(floor, given).verdict
const perCpu = (...values: readonly number[]) => ({ heldBack: true, perCpu: summarize(values) })

test('a floor holds from its value on', () => {
  assert.equal(verdictOf(atLeast, evidence(0.5)), 'pass')
  assert.equal(verdictOf(atLeast, evidence(0.499)), 'fail')
  assert.equal(verdictOf(atMost, evidence(20)), 'pass')
  assert.equal(verdictOf(atMost, evidence(20.1)), 'fail')
})

test('a number that is none holds nowhere', () => {
  assert.equal(verdictOf(atLeast, evidence(Number.NaN)), 'fail')
  assert.equal(verdictOf(atMost, evidence(Number.NaN)), 'fail')
})

test('one invalid round makes everything else pointless', () => {
  assert.equal(verdictOf(atLeast, evidence(9, { invalidRounds: 1 })), 'invalid')
  assert.equal(verdictOf(undefined, evidence(undefined, { invalidRounds: 3 })), 'invalid')
})

test('without a result it was skipped, without a floor there is nothing to say', () => {
  assert.equal(verdictOf(atLeast, evidence(undefined)), 'skipped')
  assert.equal(verdictOf(undefined, evidence(1)), 'none')
})

test('against a side that was held back the worse of both ratios is judged, and told', () => {
  const judged = (floor: Floor, value: number, other: number) => {
    const { verdict, judgedBy } = ruleOn(floor, evidence(value, perCpu(other)))
    return [verdict, judgedBy]
  }
  assert.deepEqual(judged(atLeast, 0.9, 0.49), ['fail', 'perCpu'])
  assert.deepEqual(judged(atLeast, 0.9, 0.5), ['pass', 'perCpu'])
  assert.deepEqual(judged(atLeast, 0.6, 0.9), ['pass', 'result'])
  assert.deepEqual(judged(atLeast, 0.4, 0.9), ['fail', 'result'])
  assert.deepEqual(judged(atMost, 15, 25), ['fail', 'perCpu'])
  assert.deepEqual(judged(atMost, 15, 10), ['pass', 'result'])
  assert.deepEqual(judged(atLeast, 0.9, Number.NaN), ['fail', 'perCpu'])
  assert.deepEqual(judged(atLeast, Number.NaN, 0.9), ['fail', 'result'])
})

test('without the other ratio a pass against a side that was held back is not sure, a failure is one', () => {
  assert.equal(verdictOf(atLeast, evidence(0.9, { heldBack: true })), 'unsure')
  assert.equal(verdictOf(atLeast, evidence(0.1, { heldBack: true })), 'fail')
})

test('where nobody was held back the result is judged, whatever it is per processor', () => {
  const { verdict, judgedBy } = ruleOn(atLeast, evidence(0.9, { perCpu: summarize([0.1]) }))
  assert.deepEqual([verdict, judgedBy], ['pass', 'result'])
})

test('the median decides, and a round on the other side of the floor is told', () => {
  const ruled = (floor: Floor, ...values: readonly number[]) => {
    const { verdict, narrow } = ruleOn(floor, { ...evidence(undefined), result: summarize(values) })
    return [verdict, narrow]
  }
  assert.deepEqual(ruled(atLeast, 0.5, 0.6, 0.7), ['pass', false])
  assert.deepEqual(ruled(atLeast, 0.49, 0.6, 0.7), ['pass', true])
  assert.deepEqual(ruled(atLeast, 0.4, 0.49, 0.5), ['fail', true])
  assert.deepEqual(ruled(atLeast, 0.4, 0.41, 0.49), ['fail', false])
  assert.deepEqual(ruled(atMost, 10, 15, 21), ['pass', true])
  assert.deepEqual(ruled(atMost, 19, 25, 30), ['fail', true])
})

test('a pass against a side that was held back is narrow if either ratio is, a failure only by what was judged', () => {
  const narrow = (result: readonly number[], other: readonly number[]) =>
    ruleOn(atLeast, { ...evidence(undefined), result: summarize(result), ...perCpu(...other) }).narrow
  assert.equal(narrow([0.9], [0.4, 0.6, 0.7]), true)
  assert.equal(narrow([0.4, 0.8, 0.9], [0.6, 0.6, 0.6]), true)
  assert.equal(narrow([0.8, 0.8, 0.9], [0.6, 0.6, 0.6]), false)
  assert.equal(narrow([0.6, 0.8, 0.9], [0.3, 0.4, 0.4]), false)
  assert.equal(narrow([0.6, 0.8, 0.9], [0.3, 0.4, 0.6]), true)
})

test('what is not judged is judged by nothing', () => {
  for (const given of [evidence(undefined), evidence(0.9, { invalidRounds: 1 }), evidence(0.9, { foreignCpu: 0.3 })])
    assert.deepEqual([ruleOn(atLeast, given).judgedBy, ruleOn(atLeast, given).narrow], [undefined, false])
  assert.equal(ruleOn(undefined, evidence(0.9)).judgedBy, undefined)
})

test('where others used the processor nothing is sure', () => {
  assert.equal(verdictOf(atLeast, evidence(0.9, { foreignCpu: 0.1 })), 'pass')
  assert.equal(verdictOf(atLeast, evidence(0.9, { foreignCpu: 0.3 })), 'unsure')
  assert.equal(verdictOf(atLeast, evidence(0.1, { foreignCpu: 0.3 })), 'unsure')
})
