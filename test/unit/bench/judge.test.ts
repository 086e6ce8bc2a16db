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

function judged(
  contenders: readonly ContenderResult[],
  comparison: Comparison = overPeer,
  floors: readonly Floor[] = [floor],
) {
  const each: Case = { name: 'case', title: '', contenders: [], comparisons: [comparison] }
  const result: CaseResult = { name: 'case', title: '', contenders }
  return judge(each, result, floors)[0]!
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
  assert.deepEqual([perCpu?.median, verdict], [0.6, 'fail'])
})

test('the second half has a ratio per second of processor of its own', () => {
  const half = (rate: number, perCpu: number) => round({ secondHalfRate: rate, secondHalfPerCpuSecond: perCpu })
  const comparison = { ...overPeer, figure: 'secondHalfRate' }
  const { result, perCpu } = judged(
    [contender('headgate', [half(30, 60)]), contender('peer', [half(40, 80)])],
    comparison,
  )
  assert.deepEqual([result?.median, perCpu?.median], [0.75, 0.75])
  const { result: without, perCpu: none } = judged(
    [contender('headgate', [round({ secondHalfRate: 3 })]), contender('peer', [round({ secondHalfRate: 4 })])],
    comparison,
  )
  assert.deepEqual([without?.median, none], [0.75, undefined])
})

test('rounds are paired by their number, also where one is missing', () => {
  const mine = contender('headgate', [round({}, { problems: ['it did not start'] }), round({ rate: 50 })])
  const theirs = contender('peer', [round({ rate: 10 }), round({ rate: 100 })])
  assert.deepEqual(judged([mine, theirs]).result, { median: 0.5, min: 0.5, max: 0.5, rounds: 1 })
})

test('the bottleneck and other tenants are looked for on the right side', () => {
  const fast = round({ rate: 90 })
  const held = round({ rate: 100 }, { heldBack: true })
  const slow = { rate: 90, perCpuSecond: 90 }
  const heldOnce = [
    round({ rate: 100, perCpuSecond: 300 }, { heldBack: true }),
    round({ rate: 100, perCpuSecond: 300 }),
  ]
  const { verdict, judgedBy } = judged([contender('headgate', [round(slow), round(slow)]), contender('peer', heldOnce)])
  assert.deepEqual([verdict, judgedBy], ['fail', 'perCpu'])
  assert.equal(judged([contender('headgate', [fast]), contender('peer', [held])]).verdict, 'unsure')
  assert.equal(judged([contender('headgate', [held]), contender('peer', [fast])]).verdict, 'pass')
  const disturbed = round({ rate: 90, foreignCpu: 0.5 })
  assert.equal(judged([contender('headgate', [fast]), contender('peer', [disturbed])]).verdict, 'unsure')
  assert.equal(judged([contender('headgate', [disturbed]), contender('peer', [fast])]).verdict, 'unsure')
})

test('where less is better it is the other side that must not have been held back', () => {
  const cost: Floor = { ...floor, bound: 'at-most', value: 1.5 }
  const even = round({ rate: 100, perCpuSecond: 100 })
  const held = round({ rate: 100, perCpuSecond: 200 }, { heldBack: true })
  const of = (mine: Round, theirs: Round) => {
    const { verdict, judgedBy } = judged([contender('headgate', [mine]), contender('peer', [theirs])], overPeer, [cost])
    return [verdict, judgedBy]
  }
  assert.deepEqual(of(held, even), ['fail', 'perCpu'])
  assert.deepEqual(of(even, held), ['pass', 'result'])
})
