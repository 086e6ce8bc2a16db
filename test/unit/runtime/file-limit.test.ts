import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFileLimit, parseOpenFileLimit } from '../../../src/runtime/file-limit.ts'

test('the soft limit of open files is read from what the kernel says of a process', () => {
  const text =
    'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 524288               files     \n'
  assert.equal(parseOpenFileLimit(text), 1024)
  assert.equal(parseOpenFileLimit(text.replace('1024 ', 'unlimited')), undefined)
  assert.equal(parseOpenFileLimit(''), undefined)
})

test('this process has one', { skip: process.platform !== 'linux' }, () => {
  assert.ok((openFileLimit() ?? 0) > 0)
})
