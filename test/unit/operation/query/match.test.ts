import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { compileWhere } from '../../../../src/operation/query/match.ts'
import { parseQuery } from '../../../../src/operation/query/parse.ts'
import { unmetered } from '../../../../src/operation/query/steps.ts'

function matches(where: unknown, document: unknown): boolean {
  const query = parseQuery({ where })
  if (query instanceof GatewayError) assert.fail(query.detail)
  return compileWhere(query.where!, unmetered)(JSON.parse(JSON.stringify(document)))
}

/** Condition, documents it matches, documents it does not: what a MongoDB server answers. */
const table: readonly (readonly [unknown, readonly unknown[], readonly unknown[]])[] = [
  [{}, [{}, { a: 1 }, 5], []],
  [{ a: 1 }, [{ a: 1 }, { a: 1.0 }, { a: [3, 1] }], [{}, { a: '1' }, { a: [[1]] }, { a: true }]],
  [{ a: 'x', b: 2 }, [{ a: 'x', b: 2 }], [{ a: 'x' }, { b: 2 }]],
  // Null: present and null, or not there; nothing on the way to it.
  [{ a: null }, [{ a: null }, {}, { a: [null] }], [{ a: 0 }, { a: [] }, { a: '' }]],
  [
    { 'a.b': null },
    [{}, { a: {} }, { a: [{}] }, { a: { b: null } }, { a: 5 }, { a: [{ b: 1 }, {}] }],
    [{ a: [] }, { a: [null] }, { a: [1, 2] }, { a: { b: 4 } }, { a: { b: {} } }],
  ],
  [{ a: { $ne: null } }, [{ a: 0 }, { a: [] }], [{}, { a: null }, { a: [1, null] }]],
  // Whole objects and arrays, members in order.
  [{ a: { b: 1, c: 2 } }, [{ a: { b: 1, c: 2 } }, { a: [{ b: 1, c: 2 }] }], [{ a: { c: 2, b: 1 } }, { a: { b: 1 } }]],
  [{ a: [1, 2] }, [{ a: [1, 2] }, { a: [[1, 2], 3] }], [{ a: [2, 1] }, { a: [1, 2, 3] }, { a: 1 }]],
  [{ a: {} }, [{ a: {} }], [{ a: { b: 1 } }, {}]],
  // Dotted paths through arrays, by member and by place.
  [
    { 'a.b': 1 },
    [{ a: { b: 1 } }, { a: [{ b: 2 }, { b: 1 }] }, { a: { b: [1] } }],
    [{ a: [[{ b: 1 }]] }, { 'a.b': 1 }],
  ],
  [{ 'a.1': 7 }, [{ a: [0, 7] }, { a: { 1: 7 } }, { a: [{ 1: 7 }] }, { a: [0, [7]] }], [{ a: [7, 0] }, { a: 7 }]],
  [{ 'a.0.b': 1 }, [{ a: [{ b: 1 }, { b: 2 }] }], [{ a: [{ b: 2 }, { b: 1 }] }]],
  // Comparisons stay within a type.
  [{ a: { $gt: 5 } }, [{ a: 6 }, { a: [1, 9] }], [{ a: 5 }, { a: '6' }, { a: true }, { a: {} }, {}, { a: null }]],
  [{ a: { $gte: 5, $lt: 7 } }, [{ a: 5 }, { a: 6.5 }, { a: [1, 9] }], [{ a: 7 }, { a: 4 }, { a: [9] }]],
  [{ a: { $lt: 'b' } }, [{ a: 'a' }, { a: '' }, { a: 'B' }], [{ a: 'b' }, { a: 1 }]],
  [{ a: { $gt: '\uffee' } }, [{ a: '\u{1f600}' }], [{ a: '\uffee' }, { a: 'z' }]],
  [{ a: { $gte: null } }, [{ a: null }, {}], [{ a: 0 }, { a: 'x' }]],
  [{ a: { $gt: null } }, [], [{ a: null }, {}, { a: 1 }]],
  [{ a: { $gt: false } }, [{ a: true }], [{ a: false }, { a: 1 }]],
  [{ a: { $gt: { b: 1 } } }, [{ a: { b: 2 } }, { a: { b: 1, c: 0 } }], [{ a: { b: 1 } }, { a: 2 }]],
  [{ a: { $gt: [1, 2] } }, [{ a: [1, 3] }, { a: [1, 2, 0] }, { a: [[2]] }], [{ a: [1, 2] }, { a: [0, 9] }]],
  [{ a: { $ne: 1 } }, [{ a: 2 }, {}, { a: [] }], [{ a: 1 }, { a: [2, 1] }]],
  [{ a: { $in: [1, 'x', null] } }, [{ a: 1 }, { a: ['y', 'x'] }, {}, { a: null }], [{ a: 2 }, { a: [2] }]],
  [{ a: { $in: [[1, 2], { b: 1 }] } }, [{ a: [1, 2] }, { a: { b: 1 } }, { a: [{ b: 1 }] }], [{ a: [1] }, { a: 1 }]],
  [{ a: { $in: [] } }, [], [{}, { a: 1 }]],
  [{ a: { $nin: [1, null] } }, [{ a: 2 }], [{ a: 1 }, {}, { a: [3, 1] }]],
  // Combinations.
  [{ $or: [{ a: 1 }, { b: 1 }] }, [{ a: 1 }, { b: 1 }], [{ a: 2 }]],
  [{ $and: [{ a: { $gt: 1 } }, { a: { $lt: 3 } }] }, [{ a: 2 }, { a: [0, 5] }], [{ a: 1 }]],
  [{ $nor: [{ a: 1 }, { b: 1 }] }, [{ a: 2 }, {}], [{ a: 1 }, { a: 2, b: 1 }]],
  [{ a: { $not: { $gt: 5 } } }, [{ a: 5 }, {}, { a: 'x' }], [{ a: 6 }, { a: [1, 6] }]],
  [{ a: { $not: { $gt: 1, $lt: 5 } } }, [{ a: 1 }, { a: 9 }], [{ a: 2 }, { a: [0, 9] }]],
  [{ a: { $not: { $not: { $eq: 1 } } } }, [{ a: 1 }], [{ a: 2 }, {}]],
  // Presence, types, arrays.
  [{ a: { $exists: true } }, [{ a: null }, { a: [] }], [{}, { b: 1 }]],
  [{ 'a.b': { $exists: false } }, [{}, { a: 1 }, { a: [] }, { a: [{ c: 1 }] }], [{ a: [{}, { b: 0 }] }]],
  [{ a: { $type: 'string' } }, [{ a: '' }, { a: [1, 'x'] }], [{ a: 1 }, {}]],
  [{ a: { $type: 'array' } }, [{ a: [] }, { a: [1] }], [{ a: 1 }, {}]],
  [{ a: { $type: ['null', 'bool'] } }, [{ a: null }, { a: false }], [{}, { a: 0 }]],
  [{ a: { $type: 'number' } }, [{ a: 1 }, { a: 1.5 }], [{ a: '1' }]],
  [{ a: { $type: 'int' } }, [{ a: -(2 ** 31) }], [{ a: 2 ** 31 }, { a: 0.5 }]],
  [{ a: { $type: 18 } }, [{ a: 2 ** 31 }], [{ a: 1 }, { a: 0.5 }, { a: 2 ** 63 }]],
  [{ a: { $type: 'double' } }, [{ a: 0.5 }, { a: 2 ** 63 }], [{ a: 1 }, { a: 2 ** 40 }]],
  [{ a: { $size: 2 } }, [{ a: [1, 2] }], [{ a: [1] }, { a: 2 }, { a: [[1, 2]] }, {}]],
  [{ a: { $all: [1, 2] } }, [{ a: [2, 3, 1] }], [{ a: [1] }, { a: 1 }]],
  [{ a: { $all: [1] } }, [{ a: 1 }, { a: [1, 2] }], [{ a: [2] }]],
  [{ a: { $all: [] } }, [], [{ a: [] }, { a: 1 }, {}]],
  [
    { a: { $all: [{ $elemMatch: { b: 1, c: 1 } }, { $elemMatch: { b: 2 } }] } },
    [{ a: [{ b: 1, c: 1 }, { b: 2 }] }],
    [{ a: [{ b: 1 }, { b: 2, c: 1 }] }, { a: { b: 1, c: 1 } }],
  ],
  [{ a: { $elemMatch: { $gt: 1, $lt: 5 } } }, [{ a: [0, 3] }], [{ a: [0, 9] }, { a: 3 }, { a: [[3]] }]],
  [
    { a: { $elemMatch: { b: 1, c: 2 } } },
    [{ a: [{ b: 1, c: 2 }] }],
    [{ a: [{ b: 1 }, { c: 2 }] }, { a: { b: 1, c: 2 } }],
  ],
  [{ a: { $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } } }, [{ a: [{ b: 2 }] }], [{ a: [2] }, { a: [{ b: 3 }] }]],
  [{ a: { $elemMatch: {} } }, [{ a: [{}] }, { a: [1, { b: 1 }] }], [{ a: [1] }, { a: [] }]],
  [{ a: { $elemMatch: { $ne: 1 } } }, [{ a: [1, 2] }], [{ a: [1, 1] }, { a: [] }]],
  // What objects inherit is not in them.
  [{ toString: { $exists: true } }, [{ toString: 1 }], [{}]],
  [{ 'a.__proto__': { $exists: true } }, [], [{ a: {} }]],
]

for (const [where, yes, no] of table) {
  test(`where ${JSON.stringify(where)}`, () => {
    for (const document of yes) assert.equal(matches(where, document), true, `must match ${JSON.stringify(document)}`)
    for (const document of no)
      assert.equal(matches(where, document), false, `must not match ${JSON.stringify(document)}`)
  })
}

test('a member called __proto__ that is really there is found', () => {
  const query = parseQuery(JSON.parse('{"where": {"__proto__": 1}}'))
  if (query instanceof GatewayError) assert.fail(query.detail)
  const holds = compileWhere(query.where!, unmetered)
  assert.equal(holds(JSON.parse('{"__proto__": 1}')), true)
  assert.equal(holds({}), false)
})
