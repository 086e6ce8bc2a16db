import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, Fixture } from '../../../support/http-fixture.ts'

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

test('who is nobody may nothing, not even learn what is there', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.authenticator.anonymous = undefined
    for (const [method, path] of [
      ['GET', '/v1/records/a'],
      ['GET', '/nothing'],
      ['PATCH', '/v1/records/a'],
      ['DELETE', '/v1/records/a'],
    ] as const) {
      const answer = await http.call(method, path)
      assert.deepEqual(
        [answer.status, answer.json().code, answer.headers.get('www-authenticate')],
        [401, 'unauthenticated', 'Bearer'],
      )
    }
    for (const credentials of ['Bearer wrong', 'Bearer', 'Bearer ', 'Basic reader', 'reader', 'Bearerreader']) {
      const answer = await http.call('GET', '/v1/records/a', { headers: { Authorization: credentials } })
      assert.equal(answer.status, 401, credentials)
    }
    assert.equal((await http.call('GET', '/v1/records/a', bearer('reader'))).status, 404)
    assert.equal((await http.call('GET', '/v1/records/a', { headers: { Authorization: 'bEaReR reader' } })).status, 404)
    assert.equal(fixture.dispatcher.seen.length, 2)
  }))

test('a body of somebody unknown is not read', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.authenticator.anonymous = undefined
    http.send('PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n')
    const answer = await http.answer()
    assert.deepEqual([answer.status, answer.headers.get('connection')], [401, 'close'])
  }))

test('reading needs the role read, writing the role write', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const batch = (op: string) => JSON.stringify({ ops: [{ op, key: 'a', ...(op === 'put' ? { value: 1 } : {}) }] })
    const cases: [string, string, string | undefined, string, boolean][] = [
      ['GET', '/v1/records/a', undefined, 'reader', true],
      ['GET', '/v1/records/a', undefined, 'writer', false],
      ['HEAD', '/v1/records/a', undefined, 'writer', false],
      ['GET', '/v1/records', undefined, 'writer', false],
      ['GET', '/v1/count', undefined, 'writer', false],
      ['POST', '/v1/query', '{}', 'writer', false],
      ['PUT', '/v1/records/a', 'x', 'reader', false],
      ['PUT', '/v1/records/a', 'x', 'writer', true],
      ['POST', '/v1/records', 'x', 'reader', false],
      ['DELETE', '/v1/records/a', undefined, 'reader', false],
      ['POST', '/v1/batch', batch('put'), 'reader', false],
      ['POST', '/v1/batch', batch('put'), 'writer', true],
      ['POST', '/v1/batch', batch('get'), 'writer', false],
      ['POST', '/v1/leases', '{"ttl":5}', 'reader', false],
      ['GET', '/v1/leases', undefined, 'reader', true],
      ['GET', '/v1/leases', undefined, 'writer', false],
    ]
    for (const [method, path, body, token, allowed] of cases) {
      const answer = await http.call(method, path, { ...bearer(token), ...(body === undefined ? {} : { body }) })
      assert.equal(answer.status === 403, !allowed, `${method} ${path} as ${token}: ${answer.status}`)
    }
  }))

test('a client is looked up once while its credentials and the clients stay the same', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const { authenticator } = fixture
    for (let i = 0; i < 5; i++) await http.call('GET', '/v1/records/a', bearer('reader'))
    assert.equal(authenticator.asked, 1)
    assert.equal(fixture.last().client.name, 'reader')
    await http.call('GET', '/v1/records/a')
    assert.equal(fixture.last().client.name, 'anonymous')
    await http.call('GET', '/v1/records/a', bearer('reader'))
    assert.equal(authenticator.asked, 3)
    await http.call('GET', '/v1/records/a', bearer('readeR'))
    assert.equal(authenticator.asked, 4)
    authenticator.authenticate = () => client('renamed', 'read')
    await http.call('GET', '/v1/records/a', bearer('readeR'))
    authenticator.generation++
    await http.call('GET', '/v1/records/a', bearer('readeR'))
    assert.equal(fixture.last().client.name, 'renamed')
  }))
