import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { type Accumulator, createAccumulator } from '../../../../src/operation/query/accumulator.ts'
import { parseQuery } from '../../../../src/operation/query/parse.ts'
import type { Query } from '../../../../src/operation/query/query.ts'
import type { RecordView } from '../../../../src/operation/record.ts'
import { jsonRecord, recordOf } from '../../../support/json-records.ts'
import { mergePartials } from '../../../support/merged-partials.ts'
import { queryResult } from '../../../support/query-result.ts'

function parsed(input: unknown): Query {
  const query = parseQuery(input)
  if (query instanceof GatewayError) assert.fail(query.detail)
  return query
}

function add(accumulator: Accumulator, key: string, record: RecordView): GatewayError | undefined {
  return accumulator.add(Buffer.from(key), record)
}

function answer(input: unknown, records: readonly RecordView[]): unknown {
  const query = parsed(input)
  const accumulator = createAccumulator(query, 1_000_000)
  records.forEach((record, i) => {
    assert.equal(add(accumulator, `k${String(i).padStart(6, '0')}`, record), undefined)
  })
  return queryResult(query, accumulator.partial())
}

test('only values that are JSON by content type and by content count', () => {
  const records = [
    jsonRecord({ a: 1 }),
    recordOf('{"a":2}', 'application/JSON; charset=utf-8'),
    recordOf('{"a":3}', 'application/vnd.shop.order+json'),
    recordOf('{"a":4}', 'text/plain'),
    recordOf('{"a":5', 'application/json'),
    recordOf('', 'application/json'),
  ]
  assert.deepEqual(answer({}, records), { rows: [{ a: 1 }, { a: 2 }, { a: 3 }] })
  assert.deepEqual(answer({ aggregate: { s: { sum: 'a' } } }, records), { groups: [{ group: {}, values: { s: 6 } }] })
  // Nothing looks into the values here: the content type decides.
  assert.deepEqual(answer({ aggregate: { n: { count: '*' } } }, records), { groups: [{ group: {}, values: { n: 5 } }] })
})

test('rows without an order come by key and stop the walk', () => {
  const query = parsed({ limit: 2, offset: 1, where: { a: { $gt: 0 } } })
  const accumulator = createAccumulator(query, 1_000_000)
  const seen: boolean[] = []
  for (const a of [0, 1, 2, 3, 4]) {
    seen.push(accumulator.done)
    add(accumulator, `k${a}`, jsonRecord({ a }))
  }
  assert.deepEqual(seen, [false, false, false, false, true])
  assert.deepEqual(queryResult(query, accumulator.partial()), { rows: [{ a: 2 }, { a: 3 }] })
})

test('ordered rows: the best of many, ties by key, whatever the order of arrival', () => {
  const records = Array.from({ length: 5_000 }, (_, i) => jsonRecord({ rank: (i * 7_919) % 1_000, i }))
  const { rows } = answer({ orderBy: [{ field: 'rank', order: 'desc' }], limit: 300, offset: 7 }, records) as {
    rows: { rank: number; i: number }[]
  }
  const expected = Array.from({ length: 5_000 }, (_, i) => ({ rank: (i * 7_919) % 1_000, i }))
    .sort((a, b) => b.rank - a.rank || a.i - b.i)
    .slice(7, 307)
  assert.deepEqual(rows, expected)
})

test('rows do not hold on to the store buffer', () => {
  const query = parsed({})
  const accumulator = createAccumulator(query, 1_000_000)
  const key = Buffer.from('k1')
  const record = jsonRecord({ a: 'kept' })
  accumulator.add(key, record)
  key.fill(0)
  record.bytes.fill(0)
  const partial = accumulator.partial()
  assert.ok(partial.kind === 'rows')
  assert.equal(Buffer.from(partial.rows[0]!.key).toString(), 'k1')
  assert.deepEqual(queryResult(query, partial), { rows: [{ a: 'kept' }] })
})

test('$key selects the key, in text or base64', () => {
  const query = parsed({ select: ['$key', 'a'] })
  const accumulator = createAccumulator(query, 1_000_000)
  accumulator.add(Buffer.from('k1'), jsonRecord({ b: 1, a: 2 }))
  accumulator.add(Buffer.from([0xff]), jsonRecord(5))
  assert.deepEqual(queryResult(query, accumulator.partial()), {
    rows: [{ $key: 'k1', a: 2 }, { $keyBase64: '/w==' }],
  })
})

test('sums of whole numbers are exact and sums of decimals do not drift', () => {
  const whole = [2 ** 53 - 10, 1, 1, 1, 1, 1, 1, 1, 1].map((a) => jsonRecord({ a }))
  assert.deepEqual(answer({ aggregate: { s: { sum: 'a' } } }, whole), {
    groups: [{ group: {}, values: { s: 2 ** 53 - 2 } }],
  })
  const tenths = Array.from({ length: 1_000 }, () => jsonRecord({ a: 0.1 }))
  assert.deepEqual(answer({ aggregate: { s: { sum: 'a' }, m: { avg: 'a' } } }, tenths), {
    groups: [{ group: {}, values: { s: 100, m: 0.1 } }],
  })
  const cancelling = [1, 1e100, 1, -1e100].map((a) => jsonRecord({ a }))
  assert.deepEqual(answer({ aggregate: { s: { sum: 'a' } } }, cancelling), {
    groups: [{ group: {}, values: { s: 2 } }],
  })
  const beyond = [1e308, 1e308].map((a) => jsonRecord({ a }))
  assert.deepEqual(answer({ aggregate: { s: { sum: 'a' } } }, beyond), { groups: [{ group: {}, values: { s: null } }] })
})

test('aggregates pass over what they cannot use', () => {
  const records = [{ a: 1 }, { a: null }, {}, { a: 'x' }, { a: 3 }, { a: [5] }].map(jsonRecord)
  const aggregate = {
    all: { count: '*' },
    n: { count: 'a' },
    sum: { sum: 'a' },
    avg: { avg: 'a' },
    min: { min: 'a' },
    max: { max: 'a' },
    none: { min: 'b' },
  }
  assert.deepEqual(answer({ aggregate }, records), {
    groups: [{ group: {}, values: { all: 6, n: 4, sum: 4, avg: 2, min: 1, max: [5], none: null } }],
  })
  assert.deepEqual(answer({ aggregate: { avg: { avg: 'a' }, sum: { sum: 'a' } } }, []), {
    groups: [{ group: {}, values: { avg: null, sum: 0 } }],
  })
  assert.deepEqual(answer({ aggregate, groupBy: ['z'] }, []), { groups: [] })
})

test('groups tell values apart by type, nulls and missing together, and come in order', () => {
  const records = [1, '1', true, null, { b: 1 }, '{"b":1}', [1], 1.0].map((a) => jsonRecord({ a }))
  const { groups } = answer({ groupBy: ['a'], aggregate: { n: { count: '*' } } }, [...records, jsonRecord({})]) as {
    groups: { group: { a: unknown }; values: { n: number } }[]
  }
  assert.deepEqual(
    groups.map(({ group, values }) => [group.a, values.n]),
    [
      [null, 2],
      [1, 2],
      ['1', 1],
      ['{"b":1}', 1],
      [{ b: 1 }, 1],
      [[1], 1],
      [true, 1],
    ],
  )
})

test('groups can be ordered by an aggregate and cut', () => {
  const records = [...'aaabbc'].map((a) => jsonRecord({ a, n: 1 }))
  const query = {
    groupBy: ['a'],
    aggregate: { n: { sum: 'n' } },
    orderBy: [{ field: 'n', order: 'desc' }],
    limit: 1,
    offset: 1,
  }
  assert.deepEqual(answer(query, records), { groups: [{ group: { a: 'b' }, values: { n: 2 } }] })
})

test('past the budget a query is refused: rows, groups, extremes', () => {
  for (const [input, value] of [
    [{ limit: 10_000 }, (i: number) => ({ i, text: 'x'.repeat(100) })],
    [{ groupBy: ['i'] }, (i: number) => ({ i: `group ${i}` })],
    [{ aggregate: { m: { max: 'text' } } }, (i: number) => ({ text: 'y'.repeat(i * 100) })],
  ] as const) {
    const accumulator = createAccumulator(parsed(input), 50_000)
    let error: GatewayError | undefined
    for (let i = 0; i < 1_000 && error === undefined; i++) error = add(accumulator, `k${i}`, jsonRecord(value(i)))
    assert.equal(error?.code, 'result-too-large')
  }
})

test('a budget is not used up by rows that were pushed out again', () => {
  const accumulator = createAccumulator(parsed({ orderBy: [{ field: 'i', order: 'desc' }], limit: 3 }), 5_000)
  for (let i = 0; i < 1_000; i++)
    assert.equal(add(accumulator, `k${i}`, jsonRecord({ i, t: 'x'.repeat(100) })), undefined)
  assert.ok(accumulator.partial().bytes < 5_000)
})

test('more groups than an answer holds are refused unless a limit says to cut', () => {
  const feed = (input: unknown, from: number, count: number) => {
    const accumulator = createAccumulator(parsed(input), 1e9)
    let error: GatewayError | undefined
    for (let i = from; i < from + count; i++) error ??= add(accumulator, `k${i}`, jsonRecord({ i }))
    return { error, partial: accumulator.partial() }
  }
  const grouped = { groupBy: ['i'] }
  assert.equal(feed(grouped, 0, 10_001).error?.code, 'result-too-large')
  assert.equal(feed({ ...grouped, limit: 5 }, 0, 10_001).error, undefined)
  const [left, right] = [feed(grouped, 0, 6_000), feed(grouped, 6_000, 6_000)]
  assert.equal(left.error, undefined)
  const merged = mergePartials(parsed(grouped), [left.partial, right.partial])
  assert.ok(merged instanceof GatewayError)
  assert.equal(merged.code, 'result-too-large')
})

test('values nested too deeply to handle are refused, not crashed on', () => {
  const deep = recordOf(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)
  for (const input of [
    {},
    { select: ['a'] },
    { orderBy: [{ field: 'a' }] },
    { groupBy: ['a'] },
    { aggregate: { m: { max: 'a' } } },
  ]) {
    const error = add(createAccumulator(parsed(input), 10_000_000), 'k', deep)
    assert.equal(error?.code, 'result-too-large', JSON.stringify(input))
  }
  // Passing over it is possible.
  assert.equal(add(createAccumulator(parsed({ where: { b: 1 } }), 1_000), 'k', deep), undefined)
})

test('merging refuses what the parts together exceed', () => {
  const query = parsed({ limit: 1_000 })
  const partial = () => {
    const accumulator = createAccumulator(query, 50_000)
    for (let i = 0; i < 50; i++) add(accumulator, `k${i}`, jsonRecord({ i, t: 'x'.repeat(200) }))
    return accumulator.partial()
  }
  const merged = mergePartials(query, [partial(), partial()], 50_000)
  assert.ok(merged instanceof GatewayError)
  assert.equal(merged.code, 'result-too-large')
})
