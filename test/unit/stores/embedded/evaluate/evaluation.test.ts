import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Evaluation } from '../../../../../src/stores/embedded/evaluate/evaluation.ts'
import { VolatileWorkspace } from '../../../../../src/stores/embedded/volatile-workspace.ts'
import { MapEngine } from '../../../../support/fake-point-dispatcher.ts'

test('one operation has one time, and does not ask for it before it needs it', () => {
  let asked = 0
  const clock = { now: () => 0, wallMs: () => 1000 + asked++ }
  const evaluation = new Evaluation(new VolatileWorkspace(new MapEngine(), 1), clock, 1 << 20)
  evaluation.begin()
  assert.equal(evaluation.look(Buffer.from('key')), undefined)
  evaluation.finish()
  assert.equal(asked, 0)
  evaluation.begin()
  assert.deepEqual([evaluation.nowMs, evaluation.timeAfter(5), evaluation.nowMs, asked], [1000, 1005, 1000, 1])
  evaluation.begin()
  assert.equal(evaluation.nowMs, 1001)
})
