import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { bucketOf } from '../../../../src/operation/bucket.ts'
import { Fixture } from '../../../support/http-fixture.ts'

test('a record is created, read, replaced and deleted', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const created = await http.call('PUT', '/v1/records/a', { headers: { 'Content-Type': 'text/x' }, body: 'one' })
    assert.equal(created.status, 201)
    assert.equal(created.headers.get('etag'), '"1-1"')
    assert.equal(created.headers.get('content-length'), '0')
    assert.equal(created.headers.get('headgate-token'), '1.1.1.1')
    assert.equal(created.headers.get('headgate-bucket'), String(bucketOf(Buffer.from('a'))))

    const read = await http.call('GET', '/v1/records/a')
    assert.equal(read.status, 200)
    assert.equal(read.text(), 'one')
    assert.deepEqual(
      ['content-type', 'etag', 'headgate-shard', 'headgate-served-by', 'cache-control', 'headgate-expires'].map(
        (name) => read.headers.get(name),
      ),
      ['text/x', '"1-1"', '1', 'n1', 'no-store', undefined],
    )
    assert.ok(Math.abs(Date.parse(read.headers.get('date')!) - fixture.wallMs()) < 3000)

    fixture.advancedMs += 60_000
    const head = await http.call('HEAD', '/v1/records/a')
    assert.equal(head.status, 200)
    assert.ok(Math.abs(Date.parse(head.headers.get('date')!) - fixture.wallMs()) < 3000)
    assert.equal(head.headers.get('content-length'), '3')
    assert.equal(fixture.lastBody('get').projection, 'meta')

    const replaced = await http.call('PUT', '/v1/records/a', { body: 'two' })
    assert.equal(replaced.status, 204)
    assert.equal(replaced.headers.get('etag'), '"1-2"')
    assert.equal(replaced.headers.get('content-length'), undefined)
    assert.equal((await http.call('GET', '/v1/records/a')).headers.get('content-type'), 'application/octet-stream')

    assert.equal((await http.call('DELETE', '/v1/records/a')).status, 204)
    const gone = await http.call('DELETE', '/v1/records/a')
    assert.equal(gone.status, 404)
    assert.deepEqual([gone.json().code, gone.json().outcome], ['not-found', 'not-applied'])
    const absent = await http.call('GET', '/v1/records/a')
    assert.equal(absent.status, 404)
    assert.equal(absent.headers.get('content-type'), 'application/problem+json')
    assert.equal(absent.headers.get('headgate-token'), '1.1.1.2', 'an absence is an answer of some point in time')
    assert.equal(absent.headers.get('headgate-bucket'), String(bucketOf(Buffer.from('a'))))
    assert.deepEqual(absent.json(), {
      type: 'urn:headgate:error:not-found',
      title: 'There is no such record',
      status: 404,
      detail: 'No record has this key.',
      code: 'not-found',
      retryable: false,
    })
    const headAbsent = await http.call('HEAD', '/v1/records/a')
    assert.equal(headAbsent.status, 404)
    assert.deepEqual(
      fixture.requests.map(({ kind, status }) => `${kind} ${status}`),
      'put 201,get 200,head 200,put 204,get 200,delete 204,delete 404,get 404,head 404'.split(','),
    )
  }))

test('values are bytes: empty, binary, large', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    for (const size of [0, 1, 255, 16_384, 16_385, 200_000, 1024 * 1024]) {
      const value = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) & 0xff))
      const put = await http.call('PUT', `/v1/records/size-${size}`, { body: value })
      assert.equal(put.status, 201)
      const read = await http.call('GET', `/v1/records/size-${size}`)
      assert.ok(read.body.equals(value), `${size} bytes`)
    }
  }))

const keys: readonly [target: string, key: string | Buffer | undefined][] = [
  ['a', 'a'],
  ['a/b', 'a/b'],
  ['a%2Fb', 'a/b'],
  ['a%2fb', 'a/b'],
  ['/', '/'],
  ['//a//', '//a//'],
  ['a/../b', 'a/../b'],
  ['.', '.'],
  ['..', '..'],
  ['a/./b', 'a/./b'],
  ['../../etc/passwd', '../../etc/passwd'],
  ['%2e%2e', '..'],
  ['a+b', 'a+b'],
  ['a%20b', 'a b'],
  ['%25', '%'],
  ['%2541', '%41'],
  ['%00', '\0'],
  ['%ff%FE', Buffer.from([0xff, 0xfe])],
  ['%C3%BC', 'ü'],
  ['{tag}x', '{tag}x'],
  ['a;b,c:d@e!$&()*=~', 'a;b,c:d@e!$&()*=~'],
  ['a%3Fb', 'a?b'],
  ['a%23b', 'a#b'],
  ['x'.repeat(1024), 'x'.repeat(1024)],
  ['%78'.repeat(1024), 'x'.repeat(1024)],
  ['', undefined],
  ['x'.repeat(1025), undefined],
  ['a%', undefined],
  ['a%2', undefined],
  ['a%zz', undefined],
  ['a%2Gb', undefined],
  ['%', undefined],
  ['\xc3\xbc', undefined],
  ['a%20\xff', undefined],
]

test('the path after /v1/records/ is one key, byte for byte', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    for (const [target, key] of keys) {
      const before = fixture.dispatcher.seen.length
      const answer = await http.call('GET', `/v1/records/${target}`)
      const shown = target.slice(0, 40)
      if (key === undefined) {
        assert.equal(answer.status, 400, shown)
        assert.equal(answer.json().code, 'bad-key', shown)
        assert.equal(fixture.dispatcher.seen.length, before, shown)
      } else {
        assert.equal(answer.status, 404, shown)
        assert.deepEqual(Buffer.from(fixture.lastBody('get').key), Buffer.from(key as string), shown)
      }
    }
  }))

test('a write with a bad key says that nothing was applied, and the connection goes on', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const answer = await http.call('PUT', '/v1/records/%zz', { body: 'x' })
    assert.deepEqual([answer.status, answer.json().code, answer.json().outcome], [400, 'bad-key', 'not-applied'])
    assert.equal((await http.call('GET', '/v1/records/a')).status, 404)
  }))

test('ttl and lease', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    await http.call('PUT', '/v1/records/a?ttl=1500ms&lease=77', { body: 'x' })
    assert.deepEqual(fixture.lastBody('put').expiry, { kind: 'after', ms: 1500 })
    assert.equal(fixture.lastBody('put').lease, 77)
    const read = await http.call('GET', '/v1/records/a')
    assert.equal(read.headers.get('headgate-expires'), '2027-01-15T08:00:01.500Z')
    assert.equal(read.headers.get('headgate-lease'), '77')
    await http.call('PUT', '/v1/records/a?ttl=60', { body: 'x' })
    assert.deepEqual(fixture.lastBody('put').expiry, { kind: 'after', ms: 60_000 })
    await http.call('PUT', '/v1/records/a', { body: 'x' })
    assert.deepEqual([fixture.lastBody('put').expiry, fixture.lastBody('put').lease], [{ kind: 'clear' }, 0])
    for (const query of [
      'ttl=',
      'ttl=0',
      'ttl=0s',
      'ttl=x',
      'ttl=-1s',
      'lease=0',
      'lease=1.5',
      'tll=1s',
      'ttl=1s&ttl=2s',
      'lease=9007199254740992',
    ]) {
      const answer = await http.call('PUT', `/v1/records/a?${query}`, { body: 'x' })
      assert.deepEqual(
        [answer.status, answer.json().code, answer.json().outcome],
        [400, 'bad-parameter', 'not-applied'],
        query,
      )
    }
    const unknown = await http.call('GET', '/v1/records/a?x=1')
    assert.match(unknown.json().detail, /"x"/)
  }))

test('a record without a key gets one that names its bucket', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const answer = await http.call('POST', '/v1/records?ttl=10s', {
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
    })
    assert.equal(answer.status, 201)
    const { key, bucket, etag } = answer.json()
    assert.equal(bucketOf(Buffer.from(key)), bucket)
    assert.ok(key.startsWith(`{${bucket}.`))
    assert.equal(answer.headers.get('headgate-bucket'), String(bucket))
    assert.equal(answer.headers.get('etag'), etag)
    const read = await http.call('GET', answer.headers.get('location')!)
    assert.equal(read.text(), '{}')
    assert.equal(read.headers.get('content-type'), 'application/json')
    assert.ok(read.headers.has('headgate-expires'))
  }))

test('errors of the store come out as problems', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const cases: [GatewayError, string, Record<string, unknown>][] = [
      [
        new GatewayError('deadline', 'late', { outcome: 'unknown' }),
        'PUT',
        { status: 504, outcome: 'unknown', retryable: false },
      ],
      [new GatewayError('deadline', 'late'), 'GET', { status: 504, outcome: undefined, retryable: true }],
      [new GatewayError('unavailable', 'gone'), 'DELETE', { status: 503, outcome: 'unknown', retryable: false }],
      [
        new GatewayError('overloaded', 'full', { reason: 'queue-full' }),
        'PUT',
        { status: 503, outcome: 'not-applied', retryable: true, reason: 'queue-full' },
      ],
      [new GatewayError('precondition-failed', 'no'), 'PUT', { status: 412, outcome: 'not-applied', retryable: false }],
    ]
    for (const [error, method, expected] of cases) {
      fixture.dispatcher.answerWith = () => error
      const answer = await http.call(method, '/v1/records/a', method === 'PUT' ? { body: 'x' } : {})
      const problem = answer.json()
      assert.equal(answer.status, expected['status'])
      for (const [name, value] of Object.entries(expected)) assert.equal(problem[name], value, `${error.code} ${name}`)
      assert.equal(problem.type, `urn:headgate:error:${error.code}`)
    }
  }))

test('Retry-After stands on 429 and 503, with a random addition', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const seen = new Set<string>()
    fixture.dispatcher.answerWith = () =>
      new GatewayError('rate-limited', 'slow down', { reason: 'rate', retryAfterMs: 2100 })
    for (let i = 0; i < 40; i++) {
      const answer = await http.call('GET', '/v1/records/a')
      assert.equal(answer.status, 429)
      seen.add(answer.headers.get('retry-after')!)
    }
    assert.deepEqual([...seen].sort(), ['3', '4'])
    fixture.dispatcher.answerWith = () => new GatewayError('overloaded', 'full', { reason: 'queue-full' })
    const answer = await http.call('GET', '/v1/records/a')
    assert.match(answer.headers.get('retry-after')!, /^[123]$/)
    const [limited, ...others] = new Set(fixture.requests.map((request) => JSON.stringify(request)))
    const told = { kind: 'get', status: 429, error: 'rate-limited', reason: 'rate' }
    assert.deepEqual(JSON.parse(limited!), told)
    assert.deepEqual(others, [JSON.stringify({ ...told, status: 503, error: 'overloaded', reason: 'queue-full' })])
  }))

test('unknown paths and methods', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    for (const path of [
      '/',
      '/v1',
      '/v1/record/a',
      '/V1/records/a',
      '/v1/records%2Fa',
      '/v2/records/a',
      '//v1/records/a',
    ]) {
      const answer = await http.call('GET', path)
      assert.deepEqual([answer.status, answer.json().code], [404, 'route-not-found'], path)
    }
    const allowed: [string, string, string][] = [
      ['PATCH', '/v1/records/a', 'GET, HEAD, PUT, DELETE'],
      ['OPTIONS', '/v1/records/a', 'GET, HEAD, PUT, DELETE'],
      ['DELETE', '/v1/records', 'GET, POST'],
      ['GET', '/v1/batch', 'POST'],
      ['POST', '/v1/count', 'GET'],
      ['PUT', '/v1/query', 'POST'],
      ['PUT', '/v1/leases', 'GET, POST'],
      ['POST', '/v1/leases/1', 'GET, DELETE'],
      ['GET', '/v1/leases/1/keepalive', 'POST'],
      ['get', '/v1/count', 'GET'],
    ]
    for (const [method, path, allow] of allowed) {
      const answer = await http.call(method, path)
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allow], `${method} ${path}`)
    }
  }))

test('an absolute target is the path in it', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.put('a/b', 'x')
    assert.equal((await http.call('GET', 'http://elsewhere:1/v1/records/a/b')).text(), 'x')
  }))

test('a dispatcher that answers with nonsense is a defect, not a hang', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.answerWith = () => ({ kind: 'count', count: 1, positions: [] })
    const answer = await http.call('GET', '/v1/records/a')
    assert.deepEqual([answer.status, answer.json().code], [500, 'internal'])
    assert.equal(fixture.defects.splice(0).length, 1)
  }))
