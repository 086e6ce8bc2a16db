import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasStarted, NodeHealth, nextHealth, type Phase, unreadiness } from '../../../src/admin/health.ts'

const phases: readonly Phase[] = ['starting', 'recovering', 'ready', 'draining', 'stopped']

describe('health', () => {
  it('only ever moves forward', () => {
    for (const [from, phase] of phases.entries()) {
      for (const [to, next] of phases.entries()) {
        const state = { phase, why: 'a', sinceMs: 1 }
        const after = nextHealth(state, { phase: next, why: 'b', nowMs: 2 })
        assert.deepEqual(after, to > from ? { phase: next, why: 'b', sinceMs: 2 } : state)
      }
    }
  })

  it('is ready in one phase only, and only without impediments', () => {
    for (const phase of phases) {
      const state = { phase, why: 'because', sinceMs: 0 }
      assert.equal(unreadiness(state, []), phase === 'ready' ? undefined : `${phase}: because`)
      assert.equal(hasStarted(state), ['ready', 'draining', 'stopped'].includes(phase))
    }
    assert.equal(
      unreadiness({ phase: 'ready', why: 'up', sinceMs: 0 }, ['disk full', 'log failed']),
      'disk full; log failed',
    )
  })

  it('tells of each change once', () => {
    const seen: string[] = []
    const health = new NodeHealth(
      () => 7,
      ({ phase, why, sinceMs }) => seen.push(`${phase} ${why} ${sinceMs}`),
    )
    assert.equal(health.enter('ready', 'recovered'), true)
    assert.equal(health.enter('recovering', 'late'), false)
    assert.equal(health.enter('draining', 'SIGTERM'), true)
    assert.equal(health.enter('draining', 'again'), false)
    assert.deepEqual(seen, ['ready recovered 7', 'draining SIGTERM 7'])
  })
})
