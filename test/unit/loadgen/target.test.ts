import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTarget, parseTarget } from '../../../src/loadgen/target.ts'

test('targets are read with their defaults', () => {
  const cases = {
    'http://127.0.0.1:7400': 'http://127.0.0.1:7400',
    'http://gateway.example/': 'http://gateway.example:7400',
    'http://gateway.example:80': 'http://gateway.example:80',
    'http://[::1]:9000': 'http://[::1]:9000',
    'redis://localhost': 'redis://localhost:7401',
    'redis://app@127.0.0.1:6379': 'redis://127.0.0.1:6379',
  }
  for (const [text, formatted] of Object.entries(cases))
    assert.equal(formatTarget(parseTarget(text, undefined)), formatted)
})

test('a token given apart wins over one in the URL', () => {
  assert.deepEqual(parseTarget('redis://app:p%40ss@h:1', undefined), {
    protocol: 'resp',
    host: 'h',
    port: 1,
    user: 'app',
    token: 'p@ss',
  })
  assert.equal(parseTarget('redis://app:old@h:1', 'new').token, 'new')
})

test('what cannot be a target says why', () => {
  assert.throws(() => parseTarget('127.0.0.1:7400', undefined), /cannot be a target|no URL/)
  assert.throws(() => parseTarget('https://h:1', undefined), /https:\/\/" cannot be a target/)
  assert.throws(() => parseTarget('http://h:1/path', undefined), /no path/)
})
