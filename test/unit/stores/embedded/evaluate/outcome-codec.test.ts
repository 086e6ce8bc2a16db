import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeOutcome,
  encodeOutcome,
  endOfOutcome,
  type StoredAnswer,
  type StoredOutcome,
} from '../../../../../src/stores/embedded/evaluate/outcome-codec.ts'

const about = { fingerprint: Buffer.alloc(16, 7), endsAtMs: 1_800_000_000_123, batch: true }
const natural = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat())
const version = fc.record(
  {
    epoch: fc.oneof(fc.constant(3), natural),
    index: fc.oneof(fc.constant(2 ** 40), natural),
    sub: natural,
  },
  { noNullPrototype: true },
)
const answer: fc.Arbitrary<StoredAnswer> = fc.oneof(
  fc.constant(null),
  fc.record(
    {
      error: fc.constantFrom('precondition-failed', 'not-found'),
      detail: fc.oneof(fc.constantFrom('No.', ''), fc.string({ unit: 'grapheme' })),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      status: fc.constantFrom('created', 'replaced', 'deleted', 'absent', 'updated', 'unchanged', 'refused'),
      bucket: fc.integer({ min: 1, max: 1000 }),
      version: fc.option(version, { nil: undefined }),
    },
    { noNullPrototype: true },
  ),
)

describe('stored outcomes', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(answer), fc.boolean(), fc.nat(), (results, batch, endsAtMs) => {
        const outcome: StoredOutcome = { fingerprint: Buffer.from('fingerprint 16 b'), endsAtMs, batch, results }
        const bytes = encodeOutcome(outcome)
        assert.deepEqual(decodeOutcome(bytes), outcome)
        assert.equal(endOfOutcome(bytes), endsAtMs)
      }),
    )
  })

  it('take little: the results of a batch share what they have in common', () => {
    const sizeOf = (results: StoredAnswer[]): number => encodeOutcome({ ...about, results }).length
    const put = (bucket: number, sub: number) =>
      ({ status: 'created', bucket, version: { epoch: 5, index: 123_456_789, sub } }) as const
    const many = (make: (i: number) => StoredAnswer): StoredAnswer[] => Array.from({ length: 1000 }, (_, i) => make(i))
    assert.ok(sizeOf([put(7, 0)]) <= 40)
    assert.ok(sizeOf(many((i) => put(7, i))) <= 1_100, 'one key')
    assert.ok(sizeOf(many((i) => put((i * 7) % 1000, i))) <= 3_100, 'keys of many buckets')
    assert.ok(sizeOf(many((i) => put((i * 7) % 1000, 2 * i))) <= 5_100, 'with an expiry each')
    const failed = { error: 'precondition-failed', detail: 'The record does not match the condition.' } as const
    assert.ok(sizeOf(many(() => failed)) <= 2_100, 'an error is there once')
    assert.ok(sizeOf(many(() => null)) <= 1_100)
  })

  it('that were stored as JSON before are read', () => {
    const results = [
      { status: 'created', bucket: 12, version: [1, 2, 3] },
      { status: 'deleted', bucket: 13 },
      null,
      { error: 'precondition-failed', detail: 'No.' },
    ]
    const { endsAtMs, batch, fingerprint } = about
    const json = Buffer.from(JSON.stringify({ fingerprint: fingerprint.toString('base64'), endsAtMs, batch, results }))
    assert.deepEqual(decodeOutcome(json), {
      ...about,
      results: [
        { status: 'created', bucket: 12, version: { epoch: 1, index: 2, sub: 3 } },
        { status: 'deleted', bucket: 13, version: undefined },
        null,
        { error: 'precondition-failed', detail: 'No.' },
      ],
    })
    assert.equal(endOfOutcome(json), endsAtMs)
  })

  it('of a later form, or cut short, are refused', () => {
    assert.throws(() => decodeOutcome(Buffer.of(2, 0)), /form 2, of a later version/)
    const results = [{ status: 'created', bucket: 7, version: { epoch: 5, index: 9, sub: 300 } }] as const
    const bytes = encodeOutcome({ ...about, results: [...results, { error: 'not-found', detail: 'No.' }] })
    for (let end = bytes.length - 1; end > 30; end--) {
      assert.throws(() => decodeOutcome(bytes.subarray(0, end)), /ends too early/, `${end} bytes`)
    }
  })
})
