import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../../src/errors.ts'
import { createAccumulator } from '../../../../src/operation/query/accumulator.ts'
import { mostPartsOfValue } from '../../../../src/operation/query/json-shape.ts'
import { parseQuery } from '../../../../src/operation/query/parse.ts'
import { mostSteps } from '../../../../src/operation/query/steps.ts'
import { recordOf } from '../../../support/json-records.ts'
import { modelQuery } from '../../../support/query-model.ts'

/** What one record costs a query beyond parsing it, and what it is answered with. */
function asked(input: unknown, text: string) {
  const query = parseQuery(input)
  if (query instanceof GatewayError) assert.fail(query.detail)
  const accumulator = createAccumulator(query, 32 << 20)
  const error = accumulator.add(Buffer.from('some key'), recordOf(text, 'application/json'))
  const steps = accumulator.steps - text.length
  const { bytes, ...partial } = accumulator.partial()
  return { error, steps, found: partial.kind === 'rows' ? partial.rows.length : partial.groups.length }
}

function refusal(input: unknown): GatewayError {
  const query = parseQuery(input)
  assert.ok(query instanceof GatewayError)
  return query
}

const times = (count: number, text: string): string => Array(count).fill(text).join()
const anyOf = (count: number, part: (i: number) => unknown) => ({
  where: { $or: Array.from({ length: count }, (_, i) => part(i)) },
})

test('numbers in a path lead to each value once, however many ways there are', () => {
  const path = `a.${Array(31).fill('0').join('.')}`
  const nested = `{"a":${'[{"0":'.repeat(16)}1${'}]'.repeat(16)}}`
  const { error, steps, found } = asked({ where: { [path]: { $gt: 5 } } }, nested)
  assert.deepEqual([error, found], [undefined, 0])
  assert.ok(steps < 10_000, `${steps} steps`)
  // Some way leads to the innermost value, and is found.
  assert.equal(asked({ where: { [path]: 1 } }, nested).found, 1)
})

const innerValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', maxDepth: 7 },
    fc.nat(2),
    fc.array(tie('value'), { minLength: 1, maxLength: 2 }),
    fc.array(tie('value'), { minLength: 1, maxLength: 2 }),
    fc.dictionary(fc.constantFrom('0', '1'), tie('value'), { maxKeys: 2 }),
  ),
})).value

test('paths of numbers lead where the model says', () => {
  const path = fc.array(fc.constantFrom('0', '1'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(
      innerValue,
      path,
      fc.constantFrom({ $gt: 0 }, 1, { $size: 1 }, { $exists: false }),
      (value, name, test) => {
        const input = { where: { [name]: test } }
        const { rows } = modelQuery([{ key: 'k', value }], input) as { rows: unknown[] }
        const { error, found } = asked(input, JSON.stringify(value))
        assert.deepEqual([error, found], [undefined, rows.length])
      },
    ),
    { numRuns: 2_000 },
  )
})

const numbers = `{"a":[${times(100_000, '0')}]}`
const empties = `{"a":[[${times(240_000, '[]')}]]}`
const members = JSON.stringify({ a: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 0])) })
let deep = '1'
for (let i = 0; i < 14; i++) deep = `[{"0":${deep}},{"0":${deep}}]`

const costly: Readonly<Record<string, readonly [unknown, string]>> = {
  'many conditions on a long array': [anyOf(1_000, (i) => ({ a: { $gt: i } })), numbers],
  'many lists on a long array': [anyOf(500, (i) => ({ a: { $in: [i + 1, i + 2] } })), numbers],
  'many types on a long array': [anyOf(500, () => ({ a: { $type: ['string', 'bool'] } })), numbers],
  'conditions on elements': [anyOf(500, (i) => ({ a: { $elemMatch: { $gt: i } } })), numbers],
  'paths of numbers into nested arrays': [
    anyOf(120, (i) => ({ [`a.${Array(14).fill('0').join('.')}`]: { $gt: i + 5 } })),
    `{"a":${deep}}`,
  ],
  'objects of many members': [anyOf(1_000, () => ({ a: { $gt: { zz: 1 } } })), members],
  'long texts': [
    anyOf(800, (i) => ({ a: { $gt: `${'a'.repeat(1_000)}b${i}` } })),
    JSON.stringify({ a: Array(1_000).fill('a'.repeat(1_000)) }),
  ],
  'long texts that are equal but for their end': [
    anyOf(800, (i) => ({ a: `${'a'.repeat(1_000)}${i + 100}` })),
    JSON.stringify({ a: Array(1_000).fill(`${'a'.repeat(1_000)}xyz`) }),
  ],
  'many fields in order': [{ orderBy: Array(8).fill({ field: 'a' }) }, `{"a":[[${times(100_000, '0')}]]}`],
  'many extremes': [
    { aggregate: Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`m${i}`, { max: 'a' }])) },
    empties,
  ],
  'many fields to group by': [{ groupBy: ['a', 'a.0', 'a.0.0'].flatMap((path) => [path, `${path}.0`]) }, empties],
}

for (const [name, [input, text]] of Object.entries(costly)) {
  test(`a record that takes too many steps is refused: ${name}`, () => {
    const { error, steps } = asked(input, text)
    assert.equal(error?.code, 'result-too-large')
    assert.match(error.detail, /The value of some key takes the query more than 2000000 steps/)
    assert.ok(steps > mostSteps && steps < 2 * mostSteps, `${steps} steps`)
  })
}

test('one pass over a large record is no reason to refuse it', () => {
  for (const input of [
    { where: { a: { $gte: 1, $lt: 2 } } },
    { where: { a: { $in: [1, 2, 'x', [0]] } } },
    { where: { a: { $elemMatch: { $gt: 1 } } } },
    { orderBy: [{ field: 'a', order: 'desc' }] },
    { select: ['a'] },
    { groupBy: ['b'], aggregate: { n: { max: 'a' } } },
  ]) {
    assert.equal(asked(input, `{"a":[${times(500_000, '0')}]}`).error, undefined, JSON.stringify(input))
  }
})

test('a list of arrays and objects is searched by halves', () => {
  const operands = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? [i] : { i }))
  const elements = (from: number) => JSON.stringify({ a: Array.from({ length: 2_000 }, (_, i) => [from + 2 * i]) })
  const missed = asked({ where: { a: { $in: operands } } }, elements(1))
  assert.deepEqual([missed.error, missed.found], [undefined, 0])
  assert.ok(missed.steps < 300_000, `${missed.steps} steps for 2,000 times 2,000`)
  assert.equal(asked({ where: { a: { $in: operands } } }, elements(1_998)).found, 1)
})

test('a value of very many arrays and objects is not parsed', () => {
  const text = (parts: number) => `{"a":[${times(parts - 2, '[]')}]}`
  assert.equal(asked({ where: { b: 1 } }, text(mostPartsOfValue)).error, undefined)
  const { error } = asked({ where: { b: 1 } }, text(mostPartsOfValue + 1))
  assert.equal(error?.code, 'result-too-large')
  assert.match(error.detail, /The value of some key has more than 250000 arrays and objects/)
  // Brackets in texts are none.
  assert.equal(asked({ where: { b: 1 } }, JSON.stringify({ a: '\\"[{'.repeat(200_000) })).error, undefined)
})

test('what combines conditions is bounded as they are', () => {
  const most = Array(1_000).fill({})
  assert.ok(!(parseQuery({ where: { $and: most } }) instanceof GatewayError))
  for (const where of [
    { $and: [...most, {}] },
    { a: { $elemMatch: { $nor: most } } },
    { $or: Array(1_001).fill({ a: { $all: [] } }) },
  ]) {
    const { code, detail } = refusal({ where })
    assert.deepEqual([code, /more than 1000 conditions/.test(detail)], ['bad-query', true])
  }
  const long = Array(32).fill('a').join('.')
  const { code, detail } = refusal(anyOf(313, () => ({ [long]: 1 })))
  assert.deepEqual([code, /more than 10000 parts/.test(detail)], ['bad-query', true])
})
