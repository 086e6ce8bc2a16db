import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.ts'
import type { Body, Bound, KeyRange, ScanBody } from '../../src/operation/body.ts'
import { parseQuery } from '../../src/operation/query/parse.ts'
import { seededRandom } from '../../src/runtime/random.ts'
import { GatewayHarness } from '../support/gateway-harness.ts'
import { bytesOf } from '../support/operations.ts'
import { groupsQuery, jsonDocument, rowsQuery } from '../support/query-arbitraries.ts'
import { type ModelRecord, modelQuery } from '../support/query-model.ts'
import { queryResult } from '../support/query-result.ts'

/*
 * Four shards behind a whole gateway, against lists in memory. Shards answer after random delays, so that parts of an
 * answer arrive in any order.
 */

const bounds = { numRuns: 250, interruptAfterTimeLimit: 20_000 }

const keyText = fc.oneof(
  { weight: 4, arbitrary: fc.nat(400).map((n) => `k${n}`) },
  fc.string({ minLength: 1, maxLength: 3, unit: 'binary' }),
  fc.nat(9).map((n) => `{tag}${n}`),
)

function recordsOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<ModelRecord[]> {
  return fc
    .uniqueArray(fc.tuple(keyText, value), { selector: ([key]) => key, maxLength: 60, size: 'max' })
    .map((pairs) => JSON.parse(JSON.stringify(pairs.map(([key, document]) => ({ key, value: document })))))
}

const bound: fc.Arbitrary<Bound | undefined> = fc.option(
  fc.record({ key: keyText.map(bytesOf), inclusive: fc.boolean() }),
  { nil: undefined },
)
const range: fc.Arbitrary<KeyRange> = fc.tuple(bound, bound).map(([lower, upper]) => ({
  ...(lower === undefined ? {} : { lower }),
  ...(upper === undefined ? {} : { upper }),
}))

function inside({ lower, upper }: KeyRange, key: string): boolean {
  const low = lower === undefined ? 1 : Buffer.compare(bytesOf(key), lower.key)
  const high = upper === undefined ? -1 : Buffer.compare(bytesOf(key), upper.key)
  return (
    (low > 0 || (low === 0 && lower?.inclusive === true)) && (high < 0 || (high === 0 && upper?.inclusive === true))
  )
}

function byKey(a: string, b: string): number {
  return Buffer.compare(bytesOf(a), bytesOf(b))
}

/** Runs `body` to its end. */
function ask(harness: GatewayHarness, body: Body) {
  const capture = harness.send(body)
  harness.runtime.advance(5_000)
  return capture
}

function loaded(records: readonly ModelRecord[], seed: number): GatewayHarness {
  const harness = new GatewayHarness(4, { maxShardsInFlight: 1 + (Math.abs(seed) % 4) })
  for (const { key, value } of records) harness.put(key, value)
  const random = seededRandom(seed)
  harness.store.fates = () => (random.integer(3) === 0 ? {} : { delayMs: random.integer(50) })
  return harness
}

test('the pages of a scan, put together, are the range in order', () => {
  const shape = fc.record({
    range,
    order: fc.constantFrom('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 20 }),
    maxBytes: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 100 })),
    values: fc.boolean(),
  })
  fc.assert(
    fc.property(recordsOf(fc.string({ maxLength: 20 })), shape, fc.integer(), (records, asked, seed) => {
      const harness = loaded(records, seed)
      const expected = records
        .filter(({ key }) => inside(asked.range, key))
        .sort((a, b) => byKey(a.key, b.key) * (asked.order === 'asc' ? 1 : -1))
        .map(({ key, value }) => [key, asked.values ? JSON.stringify(value) : ''])
      const got: string[][] = []
      let rest: KeyRange = asked.range
      for (let more = true; more; ) {
        const body: ScanBody = { kind: 'scan', ...asked, range: rest } as ScanBody
        const page = ask(harness, body).reply('page')
        let bytes = 0
        for (const { key, record } of page.entries) {
          const value = Buffer.from(record.bytes).toString('utf8', record.valueStart, record.valueEnd)
          got.push([Buffer.from(key).toString(), value])
          bytes += key.length + Buffer.byteLength(value)
        }
        assert.ok(page.entries.length <= asked.limit)
        assert.ok(page.entries.length === 1 || bytes <= asked.maxBytes, `${bytes} bytes in a page`)
        assert.ok(page.entries.length > 0 || !page.more, 'more of nothing')
        more = page.more
        const last = page.entries.at(-1)
        if (last === undefined) break
        const next = { key: last.key, inclusive: false }
        rest = asked.order === 'asc' ? { ...rest, lower: next } : { ...rest, upper: next }
      }
      assert.deepEqual(got, expected)
    }),
    bounds,
  )
})

test('counts are those of the model', () => {
  fc.assert(
    fc.property(
      recordsOf(fc.constant(0)),
      range,
      fc.array(keyText, { maxLength: 30 }),
      fc.integer(),
      (records, asked, some, seed) => {
        const harness = loaded(records, seed)
        const names = new Set(records.map(({ key }) => key))
        const count = (body: Body) => ask(harness, body).reply('count').count
        const keys = [...some, ...names].filter((_, i) => i % 2 === 0)
        assert.equal(count({ kind: 'count', range: asked }), records.filter(({ key }) => inside(asked, key)).length)
        assert.equal(count({ kind: 'size' }), records.length)
        assert.equal(
          count({ kind: 'exists-many', keys: keys.map(bytesOf) }),
          keys.filter((key) => names.has(key)).length,
        )
      },
    ),
    bounds,
  )
})

test('many keys are read and deleted in place', () => {
  fc.assert(
    fc.property(recordsOf(fc.nat()), fc.array(keyText, { maxLength: 30 }), fc.integer(), (records, strangers, seed) => {
      const harness = loaded(records, seed)
      const model = new Map(records.map(({ key, value }) => [key, value]))
      const keys = [...strangers, ...records.map(({ key }) => key).filter((_, i) => i % 3 > 0)]
      const read = ask(harness, { kind: 'get-many', keys: keys.map(bytesOf) }).reply('records')
      assert.deepEqual(
        keys.map((_, i) => {
          const record = read.records[i]
          return record && JSON.parse(Buffer.from(record.bytes).toString('utf8', record.valueStart, record.valueEnd))
        }),
        keys.map((key) => model.get(key)),
      )
      const gone = new Set(keys.filter((key) => model.has(key)))
      assert.equal(ask(harness, { kind: 'delete-many', keys: keys.map(bytesOf) }).reply('count').count, gone.size)
      assert.deepEqual(harness.store.keys(), [...model.keys()].filter((key) => !gone.has(key)).sort(byKey))
    }),
    bounds,
  )
})

for (const [name, queries] of [
  ['rows', rowsQuery],
  ['groups', groupsQuery],
] as const) {
  test(`queries for ${name} answer what the brute-force model answers`, () => {
    fc.assert(
      fc.property(
        recordsOf(jsonDocument),
        queries,
        fc.constantFrom('', 'k', 'k1', '{tag}'),
        fc.integer(),
        (records, asked, prefix, seed) => {
          const harness = loaded(records, seed)
          const request = JSON.parse(JSON.stringify({ ...asked, prefix }))
          const query = parseQuery(request)
          if (query instanceof GatewayError) assert.fail(query.detail)
          const upper = {
            key: bytesOf(prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)),
            inclusive: false,
          }
          const within = prefix === '' ? {} : { lower: { key: bytesOf(prefix), inclusive: true }, upper }
          const reply = ask(harness, { kind: 'query', range: within, query }).reply('query')
          assert.deepEqual(queryResult(query, reply.partial), modelQuery(records, request))
        },
      ),
      bounds,
    )
  })
}

test('with partial answers allowed, what is missing is named and the rest is right', () => {
  fc.assert(
    fc.property(
      recordsOf(fc.nat()),
      fc.subarray([1, 2, 3, 4]),
      fc.boolean(),
      fc.boolean(),
      (records, broken, partial, slow) => {
        const harness = loaded(records, 1)
        const failure = new GatewayError('unavailable', 'the shard is down')
        harness.store.fates = (shard) => (broken.includes(shard) ? (slow ? { silent: true } : { error: failure }) : {})
        const capture = harness.send(
          { kind: 'scan', range: {}, order: 'asc', limit: 1_000, maxBytes: 1e6, values: true },
          { partial, deadline: harness.now + 1_000 },
        )
        harness.runtime.advance(1_100)
        if (broken.length === 4 || (broken.length > 0 && !partial)) {
          assert.equal(capture.error.code, slow ? 'deadline' : 'unavailable')
          return
        }
        const page = capture.reply('page')
        assert.deepEqual((page.missing ?? []).map(({ shard }) => shard).sort(), broken)
        const expected = records.map(({ key }) => key).filter((key) => !broken.includes(harness.shardOf(key)))
        assert.deepEqual(
          page.entries.map(({ key }) => Buffer.from(key).toString()),
          expected.sort(byKey),
        )
      },
    ),
    { numRuns: 200 },
  )
})
