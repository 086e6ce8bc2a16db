import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CursorQuery, decodeCursor, encodeCursor, type ScanQuery } from '../../../src/operation/cursor.ts'
import { rangeOf } from '../../../src/operation/key-range.ts'

const secret = Buffer.alloc(32, 7)
const query: ScanQuery = { range: rangeOf({ prefix: Buffer.from('a/') }), order: 'asc', values: true }

test('a cursor gives back its key, and only its key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 1024 }), (key) => {
      const text = encodeCursor(secret, query, key)
      assert.match(text, /^[A-Za-z0-9_-]+$/)
      assert.deepEqual(decodeCursor(secret, query, text), Buffer.from(key))
    }),
  )
})

test('a cursor of another query, order, view or secret is refused', () => {
  const text = encodeCursor(secret, query, Buffer.from('a/1'))
  const others: CursorQuery[] = [
    { ...query, order: 'desc' },
    { ...query, values: false },
    { ...query, range: rangeOf({ prefix: Buffer.from('a') }) },
    { ...query, range: rangeOf({ start: Buffer.from('a/') }) },
    { ...query, range: {} },
    'leases',
  ]
  for (const other of others) assert.equal(decodeCursor(secret, other, text), undefined)
  assert.equal(decodeCursor(Buffer.alloc(32, 8), query, text), undefined)
})

test('an altered cursor is refused', () => {
  const text = encodeCursor(secret, query, Buffer.from('a/1'))
  for (let i = 0; i < text.length; i++) {
    const altered = `${text.slice(0, i)}${text[i] === 'A' ? 'B' : 'A'}${text.slice(i + 1)}`
    assert.equal(decodeCursor(secret, query, altered), undefined, `character ${i}`)
  }
  for (const bad of ['', 'x', text.slice(0, -1), `${text}A`, `${text}=`, ` ${text}`, 'A'.repeat(5000)]) {
    assert.equal(decodeCursor(secret, query, bad), undefined, bad.slice(0, 40))
  }
})
