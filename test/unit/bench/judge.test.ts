import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Case, Comparison, Round } from '../../../bench/cases/case.ts'
import type { Floor } from '../../../bench/floors.ts'
import { judge } from '../../../bench/judge.ts'
import type { CaseResult, ContenderResult } from '../../../bench/rounds.ts'

const floor: Floor = { of: 'case/peer', bound: 'at-least', value: 0.5, unit: 'x', claim: 'fast' }
const overPeer: Comparison = { name: 'peer', figure: 'rate', of: 'headgate', over: 'peer' }

const round = (figures: Record<string, number>, more: Partial<Round> = {}): Round => ({
  figures,
  problems: [],
  heldBack: false,
  ...more,
})

function contender(name: string, rounds: readonly Round[], skipped?: string): ContenderResult {
  return { name, system: name, description: '', skipped, rounds }
}

function judged(contenders: readonly ContenderResult[], comparison: Comparison = overPeer) {
  const each: Case = { name: 'case', title: '', contenders: [], comparisons: [comparison] }
  const result: CaseResult = { name: 'case', title: '', contenders }
  return judge(each, result, [floor])[0]!
}

test('one side over the other, median by median', () => {
  const mine = contender('headgate', [round({ rate: 60 }), round({ rate: 50 }), round({ rate: 70 })])
  const theirs = contender('peer', [round({ rate: 100 }), round({ rate: 100 }), round({ rate: 100 })])
  const { name, result, verdict } = judged([mine, theirs])
  assert.deepEqual([name, verdict, result], ['case/peer', 'pass', { median: 0.6, min: 0.5, max: 0.7, rounds: 3 }])
})

test('a figure by itself has no other side', () => {
  const mine = contender('headgate', [round({ p99Ms: 5 }), round({ p99Ms: 7 })])
  const { result, verdict } = judged([mine], { name: 'p99', figure: 'p99Ms', of: 'headgate' })
  assert.deepEqual([result?.median, verdict], [6, 'none'])
})

test('an invalid round of either side spoils the comparison', () => {
  const good = contender('headgate', [round({ rate: 60 }), round({ rate: 60 })])
  const bad = contender('peer', [round({ rate: 1 }), round({}, { problems: ['error replies: 3'] })])
  assert.equal(judged([good, bad]).verdict, 'invalid')
  const lacking = contender('peer', [round({ rate: 1 }), round({ other: 1 })])
  assert.equal(judged([good, lacking]).verdict, 'invalid')
})

test('a peer that is not installed leaves nothing to compare', () => {
  const { result, verdict } = judged([contender('headgate', [round({ rate: 60 })]), contender('peer', [], 'absent')])
  assert.deepEqual([result, verdict], [undefined, 'skipped'])
})

test('the ratio per second of processor is told beside it', () => {
  const mine = contender('headgate', [round({ rate: 30, perCpuSecond: 60 })])
  const theirs = contender('peer', [round({ rate: 100, perCpuSecond: 100 })])
  const { perCpu, verdict } = judged([mine, theirs])
  assert.deepEqual([perCpu, verdict], [0.6, 'fail'])
})

test('the bottleneck and other tenants are looked for on the right side', () => {
  const fast = round({ rate: 90 })
  const held = round({ rate: 100 }, { heldBack: true })
  assert.equal(judged([contender('headgate', [fast]), contender('peer', [held])]).verdict, 'unsure')
  assert.equal(judged([contender('headgate', [held]), contender('peer', [fast])]).verdict, 'pass')
  const disturbed = round({ rate: 90, foreignCpu: 0.5 })
  assert.equal(judged([contender('headgate', [fast]), contender('peer', [disturbed])]).verdict, 'unsure')
  assert.equal(judged([contender('headgate', [disturbed]), contender('peer', [fast])]).verdict, 'unsure')
})
