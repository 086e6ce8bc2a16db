import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.ts'
import { createAccumulator } from '../../src/operation/query/accumulator.ts'
import { parseQuery } from '../../src/operation/query/parse.ts'
import type { Query } from '../../src/operation/query/query.ts'
import { jsonRecord } from '../support/json-records.ts'
import { mergePartials } from '../support/merged-partials.ts'
import { groupsQuery, jsonDocument, rowsQuery } from '../support/query-arbitraries.ts'
import { type ModelRecord, modelQuery } from '../support/query-model.ts'
import { queryResult } from '../support/query-result.ts'

const records: fc.Arbitrary<ModelRecord[]> = fc
  .uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 3 }), jsonDocument), {
    selector: ([key]) => key,
    size: 'large',
    maxLength: 40,
  })
  .map((pairs) => pairs.map(([key, value]) => ({ key, value })))

function parsed(request: Record<string, unknown>): Query {
  const query = parseQuery(JSON.parse(JSON.stringify(request)))
  if (query instanceof GatewayError) assert.fail(`${query.detail}: ${JSON.stringify(request)}`)
  return query
}

/** Runs the query over records dealt to `shards` accumulators, each fed in key order as a store would. */
function answer(query: Query, all: readonly ModelRecord[], shards: number): unknown {
  const sorted = [...all].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  const partials = Array.from({ length: shards }, (_, shard) => {
    const accumulator = createAccumulator(query, 1_000_000)
    for (const [i, { key, value }] of sorted.entries()) {
      if (i % shards !== shard) continue
      if (accumulator.done) break
      assert.equal(accumulator.add(Buffer.from(key), jsonRecord(value)), undefined)
    }
    return JSON.parse(JSON.stringify(accumulator.partial(), bytesAsText), textAsBytes)
  })
  const merged = mergePartials(query, partials)
  if (merged instanceof GatewayError) assert.fail(merged.detail)
  return queryResult(query, merged)
}

/** Partials are plain data: they have to survive a trip through text. */
function bytesAsText(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('hex') } : value
}

function textAsBytes(_name: string, value: unknown): unknown {
  const hex = (value as { $bytes?: unknown } | null)?.$bytes
  return typeof hex === 'string' ? new Uint8Array(Buffer.from(hex, 'hex')) : value
}

for (const [name, queries] of [
  ['rows', rowsQuery],
  ['groups', groupsQuery],
] as const) {
  test(`${name}: any number of shards answers what the brute-force model answers`, () => {
    fc.assert(
      fc.property(records, queries, fc.integer({ min: 1, max: 5 }), (all, request, shards) => {
        const stored = JSON.parse(JSON.stringify(all)) as ModelRecord[]
        const expected = modelQuery(stored, JSON.parse(JSON.stringify(request)))
        assert.deepEqual(answer(parsed(request), stored, shards), expected)
      }),
      { numRuns: 3_000, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    )
  })
}
