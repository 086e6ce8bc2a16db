import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silenceCommitErrors } from '../../../../../src/stores/embedded/engine/lmdb-binding.ts'

test('errors that lmdb-js writes to the console are kept off it, and all else is written', () => {
  const written: unknown[][] = []
  const target = { error: (...args: unknown[]) => void written.push(args) }
  silenceCommitErrors(target)
  silenceCommitErrors(target)
  const own = new Error('No space left on device')
  own.stack = 'Error: No space left on device\n    at resolveWrites (/app/node_modules/lmdb/dist/index.cjs:1:1)'
  target.error(own)
  const other = new Error('of somebody else')
  target.error(other)
  target.error('In aftercommit callback', own)
  target.error('text')
  assert.deepEqual(written, [[other], ['In aftercommit callback', own], ['text']])
})
