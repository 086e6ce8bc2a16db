import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { parseQuery } from '../../../../src/operation/query/parse.ts'
import type { Query } from '../../../../src/operation/query/query.ts'

function parsed(input: unknown): Query {
  const query = parseQuery(input)
  if (query instanceof GatewayError) assert.fail(query.detail)
  return query
}

function refused(input: unknown): GatewayError {
  const query = parseQuery(input)
  assert.ok(query instanceof GatewayError, `accepted ${JSON.stringify(input)?.slice(0, 200)}`)
  return query
}

function nested(levels: number): unknown {
  let where: unknown = { a: 1 }
  for (let i = 0; i < levels; i++) where = { $and: [where] }
  return where
}

/** Bad requests, and what the answer must name. */
const bad: readonly (readonly [unknown, RegExp])[] = [
  [undefined, /query: must be a JSON object/],
  [null, /must be a JSON object/],
  [[], /must be a JSON object/],
  ['{}', /must be a JSON object/],
  [{ filter: {} }, /unknown member filter/],
  [{ where: 1 }, /where: conditions must be an object/],
  [{ where: { $and: [] } }, /where\.\$and: must be an array with at least one/],
  [{ where: { $or: {} } }, /where\.\$or/],
  [{ where: { $or: [{ a: 1 }, 5] } }, /where\.\$or\[1\]: conditions must be an object/],
  [{ where: { a: { $gt: 1, b: 2 } } }, /where\.a: operators and plain members do not mix/],
  [{ where: { $gt: 5 } }, /where\.\$gt: this operator belongs inside a field/],
  [{ where: { $not: { a: 1 } } }, /belongs inside a field/],
  [{ where: { a: { $and: [] } } }, /where\.a\.\$and: this operator does not belong inside a field/],
  [{ where: { a: { $in: 1 } } }, /where\.a\.\$in: must be an array/],
  [{ where: { a: { $in: [{ $gt: 1 }] } } }, /where\.a\.\$in\[0\]: no operators/],
  [{ where: { a: { $exists: 1 } } }, /where\.a\.\$exists: must be true or false/],
  [{ where: { a: { $type: 'date' } } }, /where\.a\.\$type: a type/],
  [{ where: { a: { $type: [] } } }, /where\.a\.\$type/],
  [{ where: { a: { $size: -1 } } }, /where\.a\.\$size: must be a whole number/],
  [{ where: { a: { $size: 1.5 } } }, /where\.a\.\$size/],
  [{ where: { a: { $not: 5 } } }, /where\.a\.\$not: must be an object with operators/],
  [{ where: { a: { $not: {} } } }, /where\.a\.\$not/],
  [{ where: { a: { $not: { b: 1 } } } }, /where\.a\.\$not/],
  [{ where: { a: { $all: 1 } } }, /where\.a\.\$all: must be an array/],
  [{ where: { a: { $all: [{ $gt: 1 }] } } }, /where\.a\.\$all\[0\]: only \$elemMatch/],
  [{ where: { a: { $elemMatch: 1 } } }, /where\.a\.\$elemMatch: must be an object/],
  [{ where: { 'a..b': 1 } }, /empty part/],
  [{ where: { '': 1 } }, /empty part/],
  [{ where: { [`${'a.'.repeat(32)}a`]: 1 } }, /more than 32 parts/],
  [{ where: { ['a'.repeat(1025)]: 1 } }, /longer than 1024/],
  [{ where: nested(21) }, /nested deeper than 20/],
  [{ where: { a: JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) } }, /nested deeper than 20/],
  [{ where: { $or: Array.from({ length: 1001 }, () => ({ a: 1 })) } }, /more than 1000 conditions/],
  [{ where: { a: { $in: Array.from({ length: 20_001 }, (_, i) => i) } } }, /more than 20000 values/],
  [{ limit: 0 }, /limit: must be a whole number from 1 to 10000/],
  [{ limit: 10_001 }, /limit/],
  [{ limit: '10' }, /limit/],
  [{ offset: -1 }, /offset: must be a whole number from 0/],
  [{ offset: 1e9 }, /offset/],
  [{ prefix: 5 }, /prefix: must be a string/],
  [{ prefix: 'x'.repeat(1025) }, /prefix: longer than 1024 bytes/],
  [{ prefix: 'a', prefixBase64: 'YQ==' }, /does not go with prefix/],
  [{ prefixBase64: 'Y' }, /prefixBase64: is not base64/],
  [{ select: [] }, /select: must be an array with at least one/],
  [{ select: 'a' }, /select/],
  [{ select: [1] }, /select\[0\]: must be the name of a field/],
  [{ select: ['a', 'a.b'] }, /a\.b: lies inside another field/],
  [{ select: ['$sum'] }, /may not begin with \$/],
  [{ select: ['a'], groupBy: ['b'] }, /select: does not go with/],
  [{ orderBy: ['a'] }, /orderBy\[0\]: must be an object/],
  [{ orderBy: [{ field: 'a', order: 'down' }] }, /orderBy\[0\]\.order: must be asc or desc/],
  [{ orderBy: [{ field: 'a', dir: 'asc' }] }, /unknown member dir/],
  [{ orderBy: [{ order: 'asc' }] }, /orderBy\[0\]\.field/],
  [{ orderBy: Array.from({ length: 9 }, () => ({ field: 'a' })) }, /more than 8 elements/],
  [{ groupBy: ['a'], orderBy: [{ field: 'b' }] }, /groups are ordered by/],
  [{ groupBy: Array.from({ length: 9 }, (_, i) => `f${i}`) }, /groupBy: more than 8/],
  [{ aggregate: {} }, /at least one aggregate/],
  [{ aggregate: [] }, /aggregate: must be an object/],
  [{ aggregate: { n: { count: '*', sum: 'a' } } }, /aggregate\.n: must be an object with one of/],
  [{ aggregate: { n: { median: 'a' } } }, /aggregate\.n: must be one of sum, avg, min, max, count/],
  [{ aggregate: { n: { sum: '*' } } }, /aggregate\.n\.sum: only count takes/],
  [{ aggregate: { n: { sum: 5 } } }, /aggregate\.n\.sum: must be the name/],
  [{ aggregate: { a: { sum: 'b' } }, groupBy: ['a'] }, /aggregate\.a: has the name of a field in groupBy/],
]

for (const [input, detail] of bad) {
  test(`bad-query: ${JSON.stringify(input)?.slice(0, 80)}`, () => {
    const error = refused(input)
    assert.equal(error.code, 'bad-query')
    assert.match(error.detail, detail)
  })
}

test('other operators are named', () => {
  for (const [input, name] of [
    [{ where: { $where: 'this.a' } }, '$where'],
    [{ where: { a: { $regex: 'x' } } }, '$regex'],
    [{ where: { a: { $not: { $mod: [2, 0] } } } }, '$mod'],
    [{ where: { a: { $elemMatch: { $near: 1 } } } }, '$near'],
    [{ where: { a: { $elemMatch: { b: 1, $expr: 1 } } } }, '$expr'],
    [{ where: { a: { constructor: 1, $x: 1 } } }, undefined],
    [{ aggregate: { n: { $push: 'a' } } }, '$push'],
  ] as const) {
    const error = refused(input)
    assert.equal(error.code, name === undefined ? 'bad-query' : 'unsupported-operator')
    if (name !== undefined) assert.ok(error.detail.includes(`operator ${name} is`), error.detail)
  }
})

test('an error detail holds no control characters and has an end', () => {
  const error = refused({ where: { [`a\n\u0000${'x'.repeat(900)}`]: { $gt: 1, b: 1 } } })
  assert.doesNotMatch(error.detail, /\p{Cc}/u)
  assert.ok(error.detail.length < 300)
})

test('nesting at the bound, the empty query and the prefix are accepted', () => {
  assert.equal(parsed({ where: nested(20) }).where?.kind, 'all')
  const empty = parsed({})
  assert.deepEqual(
    [empty.where, empty.limit, empty.offset, empty.prefix, empty.shape],
    [undefined, undefined, 0, undefined, { kind: 'rows', select: undefined, orderBy: [] }],
  )
  assert.deepEqual(parsed({ prefix: 'city:é' }).prefix, Buffer.from('city:é'))
  assert.deepEqual(parsed({ prefixBase64: '/w==' }).prefix, Buffer.from([0xff]))
  assert.equal(parsed({ prefix: '' }).prefix, undefined)
  assert.equal(parsed({ token: '1.1.1.1' }).offset, 0)
})
