import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Position } from '../../../../src/operation/token.ts'
import { Fixture } from '../../../support/http-fixture.ts'

test('a batch answers each operation in order', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('old', '{"a":1}', 'application/json')
    fixture.dispatcher.put('bin', Buffer.of(0xff), 'image/x')
    const http = await fixture.connect()
    const ops = [
      { op: 'put', key: 'new', value: { deep: [null, true, 'x'] } },
      { op: 'put', keyBase64: '/wA=', valueBase64: 'AAE=', contentType: 'image/png' },
      { op: 'get', key: 'old' },
      { op: 'get', key: 'bin' },
      { op: 'get', key: 'absent' },
      { op: 'delete', key: 'old', ifMatch: '"1-1"' },
      { op: 'delete', key: 'absent' },
      { op: 'put', key: 'bin', value: null, ifNoneMatch: '*' },
    ]
    const answer = await http.call('POST', '/v1/batch', { body: JSON.stringify({ ops }) })
    assert.equal(answer.status, 200)
    const { results, token } = answer.json()
    assert.equal(token, answer.headers.get('headgate-token'))
    assert.deepEqual(results.slice(0, 4), [
      { status: 201, key: 'new', etag: '"1-3"' },
      { status: 201, keyBase64: '/wA=', etag: '"1-4"' },
      { status: 200, key: 'old', etag: '"1-1"', contentType: 'application/json', value: { a: 1 } },
      { status: 200, key: 'bin', etag: '"1-2"', contentType: 'image/x', valueBase64: '/w==' },
    ])
    assert.deepEqual(
      results
        .slice(4)
        .map((result: { status: number; error?: { code: string; outcome?: string } }) => [
          result.status,
          result.error?.code,
          result.error?.outcome,
        ]),
      [
        [404, 'not-found', undefined],
        [204, undefined, undefined],
        [404, 'not-found', 'not-applied'],
        [412, 'precondition-failed', 'not-applied'],
      ],
    )
    const stored = await http.call('GET', '/v1/records/new')
    assert.equal(stored.text(), '{"deep":[null,true,"x"]}')
    assert.equal(stored.headers.get('content-type'), 'application/json')
    assert.equal((await http.call('GET', '/v1/records/%ff%00')).headers.get('content-type'), 'image/png')
  }))

test('an atomic batch that fails is one problem', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const body = JSON.stringify({ atomic: true, ops: [{ op: 'delete', key: 'a' }], token: '1.1.1.9' })
    await http.call('POST', '/v1/batch', { body })
    const { atomic, abortOnFailure } = fixture.lastBody('batch')
    assert.deepEqual([atomic, abortOnFailure], [true, true])
    assert.equal(fixture.last().token![0]!.index, 9)
    fixture.dispatcher.answerWith = () => new GatewayError('cross-shard', 'two shards', { outcome: 'not-applied' })
    const answer = await http.call('POST', '/v1/batch', { body })
    assert.deepEqual([answer.status, answer.json().code, answer.json().outcome], [409, 'cross-shard', 'not-applied'])
  }))

test('a malformed batch is refused with the place of the fault', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const cases: [unknown, RegExp, number?][] = [
      ['{', /not valid JSON/],
      [Buffer.from('{"ops":["\xff"]}', 'latin1'), /UTF-8/],
      ['[]', /not an object/],
      [{}, /ops is not an array/],
      [{ ops: [] }, /ops is empty/],
      [{ ops: [{ op: 'get', key: 'a' }], atomc: true }, /unknown member "atomc"/],
      [{ ops: [{ op: 'get', key: 'a' }], atomic: 1 }, /atomic/],
      [{ ops: [1] }, /ops\[0\]\.op/],
      [
        {
          ops: [
            { op: 'get', key: 'a' },
            { op: 'move', key: 'a' },
          ],
        },
        /ops\[1\]\.op/,
      ],
      [{ ops: [{ op: 'get' }] }, /ops\[0\]\.key/],
      [{ ops: [{ op: 'get', key: 'a', keyBase64: 'YQ==' }] }, /keyBase64/],
      [{ ops: [{ op: 'get', keyBase64: 'YQ' }] }, /base64/],
      [{ ops: [{ op: 'get', keyBase64: 'Y Q=' }] }, /base64/],
      [{ ops: [{ op: 'get', key: 5 }] }, /string/],
      [{ ops: [{ op: 'get', key: '' }] }, /empty/],
      [{ ops: [{ op: 'get', key: 'x'.repeat(1025) }] }, /1024/],
      ['{"ops":[{"op":"get","key":"\\ud800"}]}', /Unicode/],
      [{ ops: [{ op: 'get', key: 'a', value: 1 }] }, /unknown member "value"/],
      [{ ops: [{ op: 'put', key: 'a' }] }, /value/],
      [{ ops: [{ op: 'put', key: 'a', value: 1, valueBase64: '' }] }, /value/],
      [{ ops: [{ op: 'put', key: 'a', value: 1, contentType: 'x/y' }] }, /contentType/],
      [{ ops: [{ op: 'put', key: 'a', valueBase64: '', contentType: 'a\r\nb: c' }] }, /contentType/],
      [{ ops: [{ op: 'put', key: 'a', value: 1, ifMatch: 'x' }] }, /If-Match/],
      [{ ops: [{ op: 'get', key: 'a' }], token: 'x' }, /token/],
      [{ ops: Array(101).fill({ op: 'get', key: 'a' }) }, /100/, 413],
      [{ ops: [{ op: 'put', key: 'a', value: 'x'.repeat(1024 * 1024) }] }, /maxValue/, 413],
      [
        `{"ops":[{"op":"put","key":"a","value":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`,
        /nested deeper than 1000/,
      ],
      [`{"ops":[${Array(250_001).fill('{}')}]}`, /250000 arrays and objects/, 413],
      ['{"ops":[{"op":"put","key":"a","value":1,"__proto__":{"value":2}}]}', /__proto__/],
    ]
    for (const [input, detail, status = 400] of cases) {
      const body = typeof input === 'string' || Buffer.isBuffer(input) ? input : JSON.stringify(input)
      const answer = await http.call('POST', '/v1/batch', { body })
      assert.equal(answer.status, status, `${body.toString().slice(0, 80)}: ${answer.text()}`)
      assert.match(answer.json().detail, detail)
      assert.equal(answer.json().outcome, 'not-applied')
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('a query has at most 1 MiB, 50,000 arrays and objects, and a thousand levels', () =>
  Fixture.run(async (fixture) => {
    const cases: [string, number, RegExp][] = [
      [JSON.stringify({ prefix: 'x'.repeat(1024 * 1024) }), 413, /larger than 1048576 bytes/],
      [`{"where":{"a":[${Array(50_000).fill('[]')}]}}`, 413, /50000 arrays and objects/],
      [`{"where":{"a":${'['.repeat(1_200)}${']'.repeat(1_200)}}}`, 400, /nested deeper than 1000/],
      // Brackets in texts are none, whatever is escaped before them.
      [JSON.stringify({ where: { a: `${'\\"['.repeat(60_000)}${'\\'.repeat(50)}` }, limit: 0 }), 400, /limit/],
      [JSON.stringify({ where: { a: `${'x'.repeat(60)}\\"${'[{'.repeat(60_000)}` }, limit: 0 }), 400, /limit/],
    ]
    for (const [body, status, detail] of cases) {
      const http = await fixture.connect()
      const answer = await http.call('POST', '/v1/query', { body })
      assert.equal(answer.status, status, `${body.slice(0, 60)}: ${answer.text().slice(0, 200)}`)
      assert.match(answer.json().detail, detail)
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('a stored value of very many arrays is not parsed: it is answered in base64', () =>
  Fixture.run(async (fixture) => {
    const value = (parts: number) => `[${Array(parts - 1).fill('[]')}]`
    fixture.dispatcher.put('many', value(250_000), 'application/json')
    fixture.dispatcher.put('more', value(250_001), 'application/json')
    const http = await fixture.connect()
    const ops = ['many', 'more'].map((key) => ({ op: 'get', key }))
    const { results } = (await http.call('POST', '/v1/batch', { body: JSON.stringify({ ops }) })).json()
    const { records } = (await http.call('GET', '/v1/records?prefix=mo')).json()
    for (const more of [results[1], records[0]]) {
      assert.equal(Buffer.from(more.valueBase64, 'base64').toString(), value(250_001))
    }
    assert.equal(results[0].value.length, 249_999)
  }))

test('leases are granted, kept alive, listed and revoked', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const granted = await http.call('POST', '/v1/leases', { body: '{"ttl":"1500ms"}' })
    assert.equal(granted.status, 201)
    const { id, ...rest } = granted.json()
    assert.deepEqual(rest, { ttlMs: 1500, remainingMs: 1500 })
    assert.ok(Number.isSafeInteger(id) && id > 0)
    const path = granted.headers.get('location')!
    assert.equal(path, `/v1/leases/${id}`)
    assert.deepEqual((await http.call('POST', `${path}/keepalive`)).json(), { id, ttlMs: 1500, remainingMs: 1500 })
    assert.deepEqual((await http.call('GET', path)).json().keys, [{ key: 'k' }])
    assert.equal((await http.call('POST', '/v1/leases', { body: '{"ttl":60}' })).json().ttlMs, 60_000)
    assert.equal((await http.call('GET', '/v1/leases')).json().leases.length, 2)
    assert.equal((await http.call('DELETE', path)).status, 204)
    const gone = await http.call('DELETE', path)
    assert.deepEqual([gone.status, gone.json().code], [404, 'lease-not-found'])
    for (const bad of ['0', '-1', 'x', '1.5', '9007199254740993', '00001', '', '1/2']) {
      const answer = await http.call('GET', `/v1/leases/${bad}`)
      assert.deepEqual([answer.status, answer.json().code], [404, 'lease-not-found'], bad)
    }
    for (const bad of ['{}', '{"ttl":0}', '{"ttl":"x"}', '{"ttl":1.5}', '{"ttl":-5}', '{"ttl":"5s","x":1}', '[]', '']) {
      assert.equal((await http.call('POST', '/v1/leases', { body: bad })).status, 400, bad)
    }
  }))

test('leases are listed in pages', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    const http = await fixture.connect()
    for (let id = 250; id > 0; id--) dispatcher.leases.set(id, { id, grantedTtlMs: 5, remainingMs: 5, keys: [] })
    const sizes: number[] = []
    const ids: number[] = []
    for (let target = '/v1/leases'; target !== ''; ) {
      const { leases, cursor } = (await http.call('GET', target)).json()
      sizes.push(leases.length)
      ids.push(...leases.map(({ id }: { id: number }) => id))
      target = cursor === undefined ? '' : `/v1/leases?cursor=${cursor}`
    }
    assert.deepEqual(sizes, [100, 100, 50])
    assert.deepEqual(
      ids,
      Array.from({ length: 250 }, (_, i) => i + 1),
    )

    const first = (await http.call('GET', '/v1/leases?limit=2')).json()
    assert.deepEqual(first.leases[1], { id: 2, ttlMs: 5, remainingMs: 5 })
    const rest = (await http.call('GET', `/v1/leases?limit=1000&cursor=${first.cursor}`)).json()
    assert.deepEqual([rest.leases.length, rest.leases[0].id, rest.cursor], [248, 3, undefined])

    dispatcher.put('a', 'x')
    dispatcher.put('b', 'x')
    const { cursor: ofScan } = (await http.call('GET', '/v1/records?limit=1')).json()
    const refused = [
      ['limit=0', 'bad-parameter'],
      ['limit=1001', 'bad-parameter'],
      ['limit=x', 'bad-parameter'],
      ['prefix=a', 'bad-parameter'],
      ['limit=1&limit=1', 'bad-parameter'],
      ['cursor=', 'bad-cursor'],
      [`cursor=${first.cursor}A`, 'bad-cursor'],
      [`cursor=${ofScan}`, 'bad-cursor'],
    ]
    for (const [query, code] of refused) {
      const answer = await http.call('GET', `/v1/leases?${query}`)
      assert.deepEqual([answer.status, answer.json().code], [400, code], query)
    }
    assert.equal((await http.call('GET', `/v1/records?cursor=${first.cursor}`)).json().code, 'bad-cursor')
  }))

const row = (json: string) => ({ key: Buffer.from(json), sort: Buffer.alloc(0), json })

test('a query is parsed, ranged by its prefix, and answered as rows or lines', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.answerWith = () => ({
      kind: 'query',
      partial: { kind: 'rows', rows: [row('{"a":1}'), row('"x\\ny"')], bytes: 10 },
      positions: [{ shard: 1, history: 1, epoch: 1, index: 5 }],
    })
    const body = JSON.stringify({ prefix: 'p/', where: { a: { $gt: 0 } }, token: '1.1.1.2' })
    const answer = await http.call('POST', '/v1/query', { body })
    assert.deepEqual(answer.json(), { rows: [{ a: 1 }, 'x\ny'] })
    assert.equal(answer.headers.get('headgate-token'), '1.1.1.5')
    const { range, query } = fixture.lastBody('query')
    assert.equal(Buffer.from(range.lower!.key).toString(), 'p/')
    assert.equal(Buffer.from(range.upper!.key).toString(), 'p0')
    assert.equal(query.shape.kind, 'rows')
    assert.equal(fixture.last().token![0]!.index, 2)
    assert.equal(fixture.timeoutMs(), 5000)
    const lines = await http.call('POST', '/v1/query', { body, headers: { Accept: 'application/x-ndjson' } })
    assert.equal(lines.text(), '{"row":{"a":1}}\n{"row":"x\\ny"}\n{"end":{"count":2}}\n')
  }))

test('groups come as groups', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.answerWith = () => ({
      kind: 'query',
      partial: { kind: 'groups', groups: [{ by: ['de'], numbers: [3], extremes: [] }], bytes: 10 },
      positions: [],
      missing: [{ shard: 3, error: new GatewayError('unavailable', 'gone') }],
    })
    const body = JSON.stringify({ groupBy: ['country'], aggregate: { n: { count: '*' } } })
    const answer = (await http.call('POST', '/v1/query', { body })).json()
    assert.deepEqual(answer.groups, [{ group: { country: 'de' }, values: { n: 3 } }])
    assert.equal(answer.partial, true)
    const lines = await http.call('POST', '/v1/query', { body, headers: { Accept: 'application/x-ndjson' } })
    const last = JSON.parse(lines.text().trim().split('\n').at(-1)!)
    assert.deepEqual([last.end.count, last.end.partial, last.end.shards[0].shard], [1, true, 3])
  }))

test('a query that is none is refused', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const cases: [string, string][] = [
      ['{', 'malformed'],
      ['[]', 'bad-query'],
      ['{"where":{"a":{"$where":"x"}}}', 'unsupported-operator'],
      ['{"limt":1}', 'bad-query'],
      ['{"token":"x"}', 'bad-token'],
      ['{"token":5}', 'bad-token'],
    ]
    for (const [body, code] of cases) {
      const answer = await http.call('POST', '/v1/query', { body })
      assert.deepEqual([answer.status, answer.json().code], [400, code], body)
    }
    fixture.dispatcher.answerWith = () => ({ kind: 'count', count: 1, positions: [] })
    assert.equal((await http.call('POST', '/v1/query', { body: '{}' })).status, 500)
    assert.equal(fixture.defects.splice(0).length, 1)
  }))

test('a token that is too long for a header moves into the body', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const positions: Position[] = Array.from({ length: 600 }, (_, i) => ({
      shard: i + 1,
      history: 1,
      epoch: 1,
      index: 7,
    }))
    fixture.dispatcher.positions = positions
    for (const [method, target, body] of [
      ['GET', '/v1/records', undefined],
      ['GET', '/v1/count', undefined],
      ['POST', '/v1/batch', '{"ops":[{"op":"get","key":"a"}]}'],
    ] as const) {
      const answer = await http.call(method, target, body === undefined ? {} : { body })
      assert.equal(answer.headers.get('headgate-token'), undefined)
      assert.equal(answer.json().token.split('_').length, 600, target)
      assert.equal(answer.text().match(/"token"/g)!.length, 1)
    }
  }))
