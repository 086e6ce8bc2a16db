import { createRequire } from 'node:module'
import { test } from 'node:test'
import { applyingSuite } from './applying-suite.ts'
import { readingSuite } from './reading-suite.ts'

if (installed('rocksdb-native')) {
  applyingSuite('rocksdb')
  readingSuite('rocksdb')
} else {
  test('the rocksdb engine', { skip: 'the optional package rocksdb-native is not installed' }, () => {})
}

function installed(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}
