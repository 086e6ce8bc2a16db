import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Extent, exitCodeOf, leftOutOf } from '../../../bench/completeness.ts'
import type { Floor } from '../../../bench/floors.ts'
import type { CaseResult } from '../../../bench/rounds.ts'
import { fullScale, quickScale } from '../../../bench/scale.ts'
import type { Verdict } from '../../../bench/verdict.ts'

const extent: Extent = { quick: false, scale: fullScale, everyCase: ['get', 'scan'] }
const result = (name: string, skipped?: string): CaseResult => ({
  ...{ name, title: '' },
  contenders: [{ name: 'peer', system: 'peer', description: '', skipped, rounds: [] }],
})

test('a run with every case, every contender and the usual rounds left nothing out', () => {
  assert.deepEqual(leftOutOf(extent, [result('get'), result('scan')]), [])
  const more = { ...extent, scale: { ...fullScale, rounds: fullScale.rounds + 2 } }
  assert.deepEqual(leftOutOf(more, [result('get'), result('scan')]), [])
})

test('what a run left out is named', () => {
  assert.deepEqual(leftOutOf(extent, [result('get')]), ['no scan'])
  assert.deepEqual(leftOutOf(extent, [result('get', 'etcd is not installed'), result('scan')]), [
    'get without peer: etcd is not installed',
  ])
  const short = { ...extent, scale: { ...fullScale, rounds: 1 } }
  assert.deepEqual(leftOutOf(short, [result('get'), result('scan')]), ['1 of 3 rounds'])
  const quick = { ...extent, quick: true, scale: { ...quickScale, rounds: 3 } }
  assert.deepEqual(leftOutOf(quick, [result('get'), result('scan')]), ['it was a quick run'])
})

test('a run in full ends well only if every floor was looked at and holds', () => {
  const floor: Floor = { of: 'get/peer', bound: 'at-least', value: 1, unit: 'x', claim: '' }
  const code = (quick: boolean, verdict: Verdict, of: Floor | undefined = floor) =>
    exitCodeOf(quick, [
      { verdict: 'pass', floor },
      { verdict, floor: of },
    ])
  const codes = (quick: boolean) =>
    (['pass', 'fail', 'invalid', 'unsure', 'skipped'] as const).map((verdict) => code(quick, verdict))
  assert.deepEqual(codes(false), [0, 1, 1, 1, 1])
  assert.deepEqual(codes(true), [0, 0, 1, 0, 0])
  assert.equal(exitCodeOf(false, [{ verdict: 'skipped', floor: undefined }]), 0)
  assert.equal(exitCodeOf(false, [{ verdict: 'none', floor: undefined }]), 0)
})
