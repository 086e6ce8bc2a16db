import fc from 'fast-check'

/**
 * Random JSON documents and queries over a small vocabulary, so that conditions hit often. Numbers are multiples of a
 * quarter: sums of them are exact in any order, so that shards and model must agree to the last bit.
 */
const fieldName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b') },
  { weight: 1, arbitrary: fc.constantFrom('c', '0', '1', '__proto__', 'toString') },
)
const number = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3) },
  fc.integer({ min: -20, max: 20 }).map((quarters) => quarters / 4),
  fc.constantFrom(-0, 2 ** 31, 2 ** 31 - 1, -(2 ** 40), 1e15),
)
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'x', 'y') },
  fc.constantFrom('xy', 'X', 'x\u0000', 'x\u0001', '\u00e9', '\uffee', '\u{1f600}'),
  fc.string({ maxLength: 4 }),
)
const scalar = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 2, arbitrary: text },
  fc.boolean(),
  fc.constant(null),
)

function objectOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return fc.array(fc.tuple(fieldName, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
}

export const jsonValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { weight: 2, arbitrary: scalar },
    fc.array(tie('value'), { maxLength: 3 }),
    objectOf(tie('value')),
  ),
})).value

/** Mostly objects, as real records are. */
export const jsonDocument: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(objectOf(jsonValue), jsonValue, jsonValue).map(([rest, a, b]) => ({ a, b, ...rest })),
  },
  { weight: 1, arbitrary: jsonValue },
)

export const path: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fieldName },
  fc.array(fieldName, { minLength: 2, maxLength: 3 }).map((segments) => segments.join('.')),
)

const typeName = fc.constantFrom(
  'number',
  'string',
  'object',
  'array',
  'bool',
  'null',
  'int',
  'long',
  'double',
  1,
  2,
  16,
)

const operand = fc.oneof({ weight: 4, arbitrary: scalar }, jsonValue)

function operators(nested: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const one = fc.oneof(
    fc.tuple(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), operand),
    fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(operand, { maxLength: 5, size: 'large' })),
    fc.tuple(fc.constant('$all'), fc.array(operand, { maxLength: 2 })),
    fc.tuple(fc.constant('$exists'), fc.boolean()),
    fc.tuple(fc.constant('$type'), typeName),
    fc.tuple(fc.constant('$size'), fc.nat(3)),
    fc.tuple(fc.constant('$elemMatch'), nested),
  )
  return fc
    .oneof({ weight: 3, arbitrary: one.map((entry) => [entry]) }, fc.array(one, { minLength: 2, maxLength: 2 }))
    .map((entries) => Object.fromEntries(entries))
}

export const whereDocument: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{
  where: Record<string, unknown>
  inner: Record<string, unknown>
}>((tie) => ({
  inner: operators(tie('where')),
  where: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc
      .tuple(
        path,
        fc.oneof(
          jsonValue,
          tie('inner'),
          tie('inner'),
          tie('inner').map(($not) => ({ $not })),
        ),
      )
      .map(single),
    fc.tuple(path, fc.array(tie('inner'), { minLength: 1, maxLength: 2 }).map(allOfElements)).map(single),
    fc
      .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('where'), { minLength: 1, maxLength: 3 }))
      .map(single),
    fc.tuple(tie('where'), tie('where')).map(([a, b]) => ({ ...a, ...b })),
  ),
})).where

function single([name, value]: [string, unknown]): Record<string, unknown> {
  return Object.fromEntries([[name, value]])
}

function allOfElements(inner: readonly unknown[]): Record<string, unknown> {
  return { $all: inner.map(($elemMatch) => ({ $elemMatch })) }
}

const order = fc.constantFrom('asc', 'desc')

export const rowsQuery: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    where: whereDocument,
    orderBy: fc.array(fc.record({ field: fc.oneof(path, fc.constant('$key')), order }, { requiredKeys: ['field'] }), {
      minLength: 1,
      maxLength: 3,
    }),
    limit: fc.integer({ min: 1, max: 12 }),
    offset: fc.nat(8),
    select: fc.subarray(['$key', 'a', 'b.a', 'b.c', 'c.0.a', 'tags', '__proto__'], { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: [] },
)

export const groupsQuery: fc.Arbitrary<Record<string, unknown>> = fc
  .record(
    {
      where: whereDocument,
      aggregate: fc
        .array(fc.tuple(fc.constantFrom('sum', 'avg', 'min', 'max', 'count'), path), { maxLength: 4 })
        .map((specs) => ({
          n: { count: '*' },
          ...Object.fromEntries(specs.map(([kind, field], i) => [`v${i}`, { [kind]: field }])),
        })),
      groupBy: fc.uniqueArray(path, { minLength: 1, maxLength: 2 }),
      limit: fc.integer({ min: 1, max: 12 }),
      offset: fc.nat(3),
    },
    { requiredKeys: ['aggregate'] },
  )
  .chain((query) => {
    const names = [...Object.keys(query.aggregate), ...(query.groupBy ?? [])]
    const term = fc.record({ field: fc.constantFrom(...names), order }, { requiredKeys: ['field'] })
    return fc.array(term, { maxLength: 2 }).map((orderBy) => (orderBy.length === 0 ? query : { ...query, orderBy }))
  })
