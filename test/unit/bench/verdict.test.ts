import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Floor } from '../../../bench/floors.ts'
import { summarize } from '../../../bench/statistics.ts'
import { type Evidence, verdictOf } from '../../../bench/verdict.ts'

const atLeast: Floor = { of: 'a/b', bound: 'at-least', value: 0.5, unit: 'x', claim: 'fast' }
const atMost: Floor = { of: 'a/b', bound: 'at-most', value: 20, unit: 'ms', claim: 'short' }
const evidence = (value: number | undefined, more: Partial<Evidence> = {}): Evidence => ({
  result: value === undefined ? undefined : summarize([value]),
  invalidRounds: 0,
  peerHeldBack: false,
  perCpu: undefined,
  foreignCpu: 0,
  ...more,
})

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

test('a pass against a peer that was held back must hold per processor too, a failure is none the less one', () => {
  assert.equal(verdictOf(atLeast, evidence(0.9, { peerHeldBack: true })), 'unsure')
  assert.equal(verdictOf(atLeast, evidence(0.9, { peerHeldBack: true, perCpu: 0.49 })), 'unsure')
  assert.equal(verdictOf(atLeast, evidence(0.9, { peerHeldBack: true, perCpu: 0.5 })), 'pass')
  assert.equal(verdictOf(atLeast, evidence(0.9, { perCpu: 0.1 })), 'pass')
  assert.equal(verdictOf(atLeast, evidence(0.1, { peerHeldBack: true })), 'fail')
})

test('where others used the processor nothing is sure', () => {
  assert.equal(verdictOf(atLeast, evidence(0.9, { foreignCpu: 0.1 })), 'pass')
  assert.equal(verdictOf(atLeast, evidence(0.9, { foreignCpu: 0.3 })), 'unsure')
  assert.equal(verdictOf(atLeast, evidence(0.1, { foreignCpu: 0.3 })), 'unsure')
})
