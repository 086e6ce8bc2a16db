import assert from 'node:assert/strict'
import { writeSync } from 'node:fs'
import { test } from 'node:test'
import { failureAnswers } from '../../../../src/stores/embedded/shard-failure.ts'

function thrownBy(act: () => unknown): Error {
  try {
    act()
  } catch (thrown) {
    return thrown as Error
  }
  throw new Error('nothing was thrown')
}

test('a call of the system that failed is named, with what it means for who asked', () => {
  const { refused, unsure } = failureAnswers(thrownBy(() => writeSync(2 ** 30, 'x')))
  assert.equal(refused.read.detail, 'The shard stopped after a system error (EBADF); see the log of the node.')
  assert.match(unsure.read.detail, /^The shard stopped after a system error \(EBADF\), before .* durable\.$/)
  const all = [refused.read, refused.write, unsure.read, unsure.write]
  assert.deepEqual(new Set(all.map(({ code }) => code)), new Set(['store-failed']))
  assert.deepEqual(
    all.map(({ outcome }) => outcome),
    [undefined, 'not-applied', undefined, 'unknown'],
  )
})

test('what is no error of the system is not said to be one, whatever code it has', () => {
  const engine = Object.assign(new Error('MDB_PROBLEM'), { code: -30779 })
  const invalid = thrownBy(() => Buffer.alloc(-1))
  assert.equal((invalid as NodeJS.ErrnoException).code, 'ERR_OUT_OF_RANGE')
  for (const error of [engine, invalid, new TypeError('x is not a function')]) {
    const { refused, unsure } = failureAnswers(error)
    assert.equal(refused.write.detail, 'The shard stopped after an error; see the log of the node.')
    assert.doesNotMatch(unsure.write.detail, /disk|system/)
  }
})
