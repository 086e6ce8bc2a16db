import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  DecodedRecord,
  encodeHeader,
  fixedHeaderBytes,
  headerBytes,
  maxContentTypeBytes,
  type RecordMeta,
} from '../../../../src/stores/embedded/record-codec.ts'

const uint48 = fc.oneof(
  fc.nat(5),
  fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 48),
  fc.constant(2 ** 48 - 1),
)
const latin1 = fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code))

const meta: fc.Arbitrary<RecordMeta> = fc.record(
  {
    bucket: fc.integer({ min: 1, max: 1000 }),
    epoch: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    index: uint48,
    sub: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 2 ** 22 - 1 }), fc.constantFrom(0xff, 0x100, 0xffff, 0x10000)),
    expiresAtMs: uint48,
    lease: fc.oneof(fc.constant(0), fc.maxSafeInteger().map(Math.abs), fc.constant(2 ** 53 - 1)),
    contentType: fc.oneof(
      fc.constantFrom('application/octet-stream', 'application/json', 'text/plain', 'text/plain;charset=utf-8', ''),
      fc.string({ unit: latin1, maxLength: maxContentTypeBytes }),
    ),
  },
  { noNullPrototype: true },
)

test('a content type that its length byte cannot hold is refused, not cut', () => {
  const contentType = 'x'.repeat(maxContentTypeBytes + 1)
  const each = { bucket: 1, epoch: 1, index: 1, sub: 0, expiresAtMs: 0, lease: 0, contentType }
  assert.throws(() => encodeHeader(Buffer.alloc(400), 0, each), RangeError)
})

test('every header comes back as it went in, wherever it lies', () => {
  const run = fc.property(meta, fc.uint8Array({ maxLength: 40 }), fc.nat(9), (each, value, offset) => {
    const length = headerBytes(each.expiresAtMs, each.lease, each.contentType)
    const bytes = Buffer.alloc(offset + length + value.length + 3, 0xaa)
    const valueStart = encodeHeader(bytes, offset, each)
    assert.equal(valueStart, offset + length)
    bytes.set(value, valueStart)
    assert.deepEqual(
      [bytes.subarray(0, offset), bytes.subarray(-3)],
      [Buffer.alloc(offset, 0xaa), Buffer.alloc(3, 0xaa)],
    )
    const record = new DecodedRecord().decode(bytes, offset, valueStart + value.length)
    const { bucket, epoch, index, sub, expiresAtMs, lease, contentType } = record
    assert.deepEqual({ bucket, epoch, index, sub, expiresAtMs, lease, contentType }, each)
    assert.deepEqual(record.bytes.subarray(record.valueStart, record.valueEnd), Buffer.from(value))
    const copy = record.copy()
    bytes.fill(0)
    assert.deepEqual(Buffer.from(copy.bytes), Buffer.from(value))
    assert.deepEqual([copy.valueStart, copy.valueEnd], [0, value.length])
    assert.equal(record.copy(false).bytes.length, 0)
  })
  fc.assert(run, { numRuns: 1_000, interruptAfterTimeLimit: 10_000 })
})

test('what most records have takes the fixed part only', () => {
  assert.equal(headerBytes(0, 0, 'application/octet-stream'), fixedHeaderBytes)
  assert.equal(headerBytes(1, 0, 'application/json'), fixedHeaderBytes + 6)
  assert.equal(headerBytes(0, 1, 'text/plain'), fixedHeaderBytes + 8)
  assert.equal(headerBytes(0, 0, 'image/png'), fixedHeaderBytes + 1 + 9)
})

test('a decoder that is used again keeps nothing of the record before', () => {
  const first = Buffer.alloc(100)
  const long = { bucket: 1000, epoch: 9, index: 9, sub: 9, expiresAtMs: 99, lease: 99, contentType: 'x/y' }
  const end = encodeHeader(first, 0, long)
  const second = Buffer.alloc(100)
  const plain = { bucket: 1, epoch: 1, index: 1, sub: 0, expiresAtMs: 0, lease: 0, contentType: 'text/plain' }
  const plainEnd = encodeHeader(second, 0, plain)
  const record = new DecodedRecord().decode(first, 0, end)
  const { bucket, epoch, index, sub, expiresAtMs, lease, contentType } = record.decode(second, 0, plainEnd)
  assert.deepEqual({ bucket, epoch, index, sub, expiresAtMs, lease, contentType }, plain)
})
