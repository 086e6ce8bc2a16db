import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from '../../../src/config/nearest-name.ts'

const names = ['maxValue', 'maxHeader', 'maxHeaders', 'timeout', 'kind', 'queueAge']

for (const [typed, meant] of [
  ['maxVlaue', 'maxValue'],
  ['maxvalue', 'maxValue'],
  ['maxHeadrs', 'maxHeaders'],
  ['timeouts', 'timeout'],
  ['knd', 'kind'],
  ['queueage', 'queueAge'],
  ['zebra', undefined],
  ['', undefined],
] as const) {
  test(`${JSON.stringify(typed)} means ${meant}`, () => assert.equal(nearestName(typed, names), meant))
}

test('an exact name wins over a near one', () => assert.equal(nearestName('maxHeader', names), 'maxHeader'))
