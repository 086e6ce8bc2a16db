import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LeaseClock } from '../../../../src/cluster/coordination/lease-clock.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

function setUp() {
  const runtime = new VirtualRuntime()
  const ended: string[] = []
  return { runtime, ended, clock: new LeaseClock(runtime, (id) => ended.push(id)) }
}

describe('lease clock', () => {
  it('ends each lease at its own time and not before', () => {
    const { runtime, ended, clock } = setUp()
    clock.start('long', 3000)
    clock.start('short', 1000)
    runtime.advance(999)
    assert.deepEqual(ended, [])
    assert.equal(clock.remainingMs('short'), 1)
    runtime.advance(1)
    assert.deepEqual(ended, ['short'])
    assert.equal(clock.renew('short'), false)
    runtime.advance(2000)
    assert.deepEqual(ended, ['short', 'long'])
    assert.equal(runtime.pending, 0, 'nothing left to wake up for')
  })

  it('starts the term anew on every sign of life', () => {
    const { runtime, ended, clock } = setUp()
    clock.start('a', 1000)
    for (let i = 0; i < 5; i++) {
      runtime.advance(900)
      assert.equal(clock.renew('a'), true)
    }
    assert.deepEqual(ended, [])
    runtime.advance(1000)
    assert.deepEqual(ended, ['a'])
  })

  it('gives every lease its full time once more after a pause of the process, but only once', () => {
    const { runtime, ended, clock } = setUp()
    clock.start('a', 1000)
    runtime.pause(5000)
    assert.deepEqual(ended, [], 'its signs of life may be waiting unread')
    runtime.advance(999)
    assert.deepEqual(ended, [])
    runtime.pause(5000)
    assert.deepEqual(ended, ['a'], 'a second pause does not keep a dead holder alive')
  })

  it('grants the extension again after a sign of life', () => {
    const { runtime, ended, clock } = setUp()
    clock.start('a', 1000)
    runtime.pause(5000)
    assert.equal(clock.renew('a'), true)
    runtime.pause(5000)
    assert.deepEqual(ended, [])
    runtime.advance(1000)
    assert.deepEqual(ended, ['a'])
  })

  it('forgets a lease that was stopped, and all of them when it closes', () => {
    const { runtime, ended, clock } = setUp()
    clock.start('a', 1000)
    clock.start('b', 1000)
    clock.stop('a')
    assert.equal(clock.runs('a'), false)
    clock.close()
    runtime.advance(5000)
    assert.deepEqual(ended, [])
    assert.equal(runtime.pending, 0)
  })
})
