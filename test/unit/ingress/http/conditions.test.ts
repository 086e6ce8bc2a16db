import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { parseVersionMatch } from '../../../../src/ingress/http/conditions.ts'
import { Fixture } from '../../../support/http-fixture.ts'

const v1 = { epoch: 1, index: 1, sub: 0 }
const v2 = { epoch: 1, index: 2, sub: 3 }

test('lists of entity tags', () => {
  const strong = (text: string) => parseVersionMatch(text, 'strong', 'If-Match')
  const weak = (text: string) => parseVersionMatch(text, 'weak', 'If-None-Match')
  assert.equal(strong('*'), '*')
  assert.equal(strong(' * '), '*')
  assert.deepEqual(strong('"1-1"'), [v1])
  assert.deepEqual(strong('"1-1", "1-2-3"'), [v1, v2])
  assert.deepEqual(strong('"1-1","1-2-3"'), [v1, v2])
  assert.deepEqual(strong(', "1-1" ,, "1-2-3",'), [v1, v2])
  assert.deepEqual(strong('W/"1-1"'), [], 'a weak tag never matches strongly')
  assert.deepEqual(strong('W/"1-1", "1-2-3"'), [v2])
  assert.deepEqual(weak('W/"1-1", "1-2-3"'), [v1, v2])
  assert.deepEqual(strong('"somebody-else\'s,with-a-comma"'), [], 'tags we never made match nothing')
  assert.deepEqual(strong('""'), [])
  assert.deepEqual(strong(''), [])
})

test('what is no list of entity tags is refused, since ignoring it would drop a condition', () => {
  for (const bad of [
    '1-1',
    '"1-1',
    '1-1"',
    '"1-1" "1-2"',
    'w/"1-1"',
    'W/ "1-1"',
    '*, "1-1"',
    '"1-1", *',
    '"a"b',
    '"\x01"',
  ]) {
    assert.throws(
      () => parseVersionMatch(bad, 'strong', 'If-Match'),
      (error) => error instanceof GatewayError && error.code === 'malformed',
      bad,
    )
  }
  assert.throws(() => parseVersionMatch(Array(65).fill('"1-1"').join(','), 'weak', 'If-None-Match'))
})

test('preconditions of reads, in the order of RFC 9110 section 13.2.2', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.put('a', 'x')
    const cases: [Record<string, string>, number][] = [
      [{ 'If-None-Match': '"1-1"' }, 304],
      [{ 'If-None-Match': 'W/"1-1"' }, 304],
      [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"1-2", "1-1"' }, 304],
      [{ 'If-None-Match': '"1-2"' }, 200],
      [{ 'If-Match': '"1-1"' }, 200],
      [{ 'If-Match': 'W/"1-1"' }, 412],
      [{ 'If-Match': '"1-2"' }, 412],
      [{ 'If-Match': '*' }, 200],
      [{ 'If-Match': '"1-2"', 'If-None-Match': '"1-1"' }, 412],
      [{ 'If-Match': '"1-1"', 'If-None-Match': '"1-1"' }, 304],
      [{ 'If-Match': 'x' }, 400],
    ]
    for (const method of ['GET', 'HEAD']) {
      for (const [headers, status] of cases) {
        const answer = await http.call(method, '/v1/records/a', { headers })
        assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}`)
        if (status !== 304) continue
        assert.equal(answer.headers.get('etag'), '"1-1"')
        assert.equal(answer.headers.get('content-length'), undefined)
        assert.ok(answer.headers.has('headgate-token'))
      }
    }
    const absent = await http.call('GET', '/v1/records/b', { headers: { 'If-None-Match': '*', 'If-Match': '"1-1"' } })
    assert.equal(absent.status, 404, 'conditions do not matter where the answer would be no success anyway')
  }))

test('several lines of a list are one list', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.put('a', 'x')
    http.send('GET /v1/records/a HTTP/1.1\r\nHost: h\r\nIf-None-Match: "9-9"\r\nIf-None-Match: "1-1"\r\n\r\n')
    assert.equal((await http.answer()).status, 304)
  }))

test('preconditions of writes go with the operation', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const put = (headers: Record<string, string>) => http.call('PUT', '/v1/records/a', { headers, body: 'x' })
    assert.equal((await put({ 'If-None-Match': '*' })).status, 201)
    assert.deepEqual(fixture.lastBody('put').condition, { ifNoneMatch: '*' })
    const refused = await put({ 'If-None-Match': '*' })
    assert.deepEqual([refused.status, refused.json().outcome], [412, 'not-applied'])
    assert.equal((await put({ 'If-Match': '"1-1"' })).status, 204)
    assert.deepEqual(fixture.lastBody('put').condition, { ifMatch: [v1] })
    assert.equal((await put({ 'If-Match': '"1-1"' })).status, 412)
    assert.equal((await put({ 'If-Match': 'W/"1-2"' })).status, 412)
    assert.equal((await put({ 'If-Match': '"1-2"', 'If-None-Match': '"1-1"' })).status, 204)
    assert.equal((await http.call('DELETE', '/v1/records/a', { headers: { 'If-Match': '"1-1"' } })).status, 412)
    assert.equal((await http.call('DELETE', '/v1/records/a', { headers: { 'If-Match': '"1-3"' } })).status, 204)
    assert.equal((await put({ 'If-Match': '*' })).status, 412)
    assert.equal((await put({ 'If-Match': 'nonsense' })).status, 400)
    await put({})
    assert.equal(fixture.lastBody('put').condition, undefined)
  }))
