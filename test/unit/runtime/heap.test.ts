import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { boundHeapGrowth } from '../../../src/runtime/heap.ts'

test('a large heap is collected when it has doubled, by a flag that V8 knows; a small one is left alone', () => {
  const flags: string[] = []
  const set = (each: string): void => void flags.push(each)
  boundHeapGrowth(2 ** 31 - 1, set)
  assert.equal(flags.length, 0)
  boundHeapGrowth(2 ** 31, set)
  const [flag = ''] = flags
  // An unknown one makes Node end with an error.
  const { status, stderr } = spawnSync(process.execPath, [flag, '--eval', ''], { encoding: 'utf8' })
  assert.deepEqual([flags.length, status, stderr], [1, 0, ''])
})
