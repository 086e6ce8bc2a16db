import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosen, parseOptions } from '../../../bench/options.ts'
import { fullScale, quickScale } from '../../../bench/scale.ts'

test('without options everything is measured in full', () => {
  const { quick, only, scale, json, data, gateway, list } = parseOptions([])
  assert.deepEqual(
    [quick, only, scale, json, data, gateway, list],
    [false, [], fullScale, undefined, undefined, undefined, false],
  )
})

test('a quick run is smaller, and rounds can be chosen for both', () => {
  assert.deepEqual(parseOptions(['--quick']).scale, quickScale)
  assert.deepEqual(parseOptions(['--quick', '--rounds', '7']).scale, { ...quickScale, rounds: 7 })
  assert.equal(parseOptions(['--rounds', '1']).scale.rounds, 1)
})

test('names come one by one or in a list', () => {
  assert.deepEqual(parseOptions(['--only', 'a,b', '--only', 'c']).only, ['a', 'b', 'c'])
})

test('what is wrong is said', () => {
  for (const rounds of ['0', '1.5', 'many', '100', ''])
    assert.throws(() => parseOptions(['--rounds', rounds]), /--rounds/)
  assert.throws(() => parseOptions(['--fast']), /--fast/)
  assert.throws(() => parseOptions(['http']), /http/)
})

test('cases are chosen by part of their name, in their own order', () => {
  const cases = [{ name: 'http-get' }, { name: 'http-put' }, { name: 'scan' }]
  const names = (...only: string[]): string[] => chosen(cases, only).map(({ name }) => name)
  assert.deepEqual(names(), ['http-get', 'http-put', 'scan'])
  assert.deepEqual(names('scan', 'get'), ['http-get', 'scan'])
  assert.throws(() => chosen(cases, ['http', 'sacn']), /no case's name contains sacn/)
})
