import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body } from '../../../src/operation/body.ts'
import { bytesOfBody, copyBody } from '../../../src/operation/copy-body.ts'
import { bytesOf, putOf } from '../../support/operations.ts'

const range = { lower: { key: bytesOf('lo'), inclusive: true }, upper: { key: bytesOf('up'), inclusive: false } }
const query = {
  prefix: undefined,
  where: undefined,
  shape: { kind: 'rows', select: undefined, orderBy: [] },
  limit: 1,
  offset: 0,
} as const

/** One of each kind with bytes in every place that may be lent. */
const bodies: readonly Body[] = [
  { kind: 'get', key: bytesOf('k'), projection: 'value' },
  putOf('k', 'value'),
  { kind: 'delete', key: bytesOf('k') },
  { kind: 'modify', key: bytesOf('k'), change: { name: 'append', value: bytesOf('tail') } },
  { kind: 'modify', key: bytesOf('k'), change: { name: 'set-range', offset: 3, value: bytesOf('part') } },
  { kind: 'modify', key: bytesOf('k'), change: { name: 'increment', by: 1n } },
  { kind: 'get-many', keys: [bytesOf('a'), bytesOf('b')] },
  { kind: 'delete-many', keys: [bytesOf('a')] },
  { kind: 'exists-many', keys: [bytesOf('a')] },
  { kind: 'lease-drop', id: 1, keys: [bytesOf('a')] },
  { kind: 'lease-attach', id: 1, key: bytesOf('a') },
  { kind: 'scan', range, order: 'asc', limit: 1, maxBytes: 1, values: true },
  { kind: 'count', range: { lower: range.lower } },
  { kind: 'count', range: { upper: range.upper } },
  { kind: 'query', range, query },
  {
    kind: 'batch',
    operations: [putOf('x', 'y'), { kind: 'get', key: bytesOf('z'), projection: 'meta' }],
    atomic: true,
    abortOnFailure: true,
    watches: [{ key: bytesOf('w'), version: undefined }],
  },
  { kind: 'batch', operations: [], atomic: false, abortOnFailure: false },
  { kind: 'size' },
  { kind: 'lease-revoke', id: 3 },
]

function scribble(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0)
  else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) scribble(member)
}

for (const body of bodies) {
  test(`a copy of ${body.kind} is equal and shares no bytes`, () => {
    const lent = structuredClone(body)
    const copy = copyBody(lent)
    assert.deepEqual(toPlain(copy), toPlain(body))
    scribble(lent)
    assert.deepEqual(toPlain(copy), toPlain(body))
  })
}

function toPlain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString()}`
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toPlain(member)]))
}

test('what a waiting body costs grows with its bytes', () => {
  assert.ok(bytesOfBody(putOf('k', 'x'.repeat(10_000))) >= 10_000)
  assert.ok(bytesOfBody({ kind: 'get-many', keys: Array.from({ length: 1_000 }, () => bytesOf('key')) }) >= 100_000)
  const operations = Array.from({ length: 10 }, () => putOf('k', 'x'.repeat(1_000)))
  assert.ok(bytesOfBody({ kind: 'batch', operations, atomic: false, abortOnFailure: false }) >= 10_000)
  assert.ok(
    bytesOfBody({ kind: 'modify', key: bytesOf('k'), change: { name: 'append', value: new Uint8Array(9_000) } }) >=
      9_000,
  )
})
