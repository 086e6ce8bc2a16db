import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endInTurn } from '../../../src/assembly/end-in-turn.ts'

test('every step is taken, in order, whatever became of those before it', async () => {
  const taken: string[] = []
  const [disk, defect] = [new Error('disk'), new Error('defect')]
  const failures = await endInTurn([
    async () => taken.push('first'),
    () => Promise.reject(disk),
    () => {
      throw defect
    },
    () => undefined,
    async () => {
      await Promise.resolve()
      taken.push('slow')
    },
    () => taken.push('last'),
  ])
  assert.deepEqual(taken, ['first', 'slow', 'last'])
  assert.deepEqual(failures, [disk, defect])
})
