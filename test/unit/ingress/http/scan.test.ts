import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { Fixture } from '../../../support/http-fixture.ts'
import type { RawHttp } from '../../../support/raw-http.ts'

const lines = { headers: { Accept: 'application/x-ndjson' } }

interface Line {
  readonly record?: { key: string; value?: unknown; valueBase64?: string; size: number }
  readonly end?: { count: number; cursor?: string; partial?: boolean; shards?: unknown[]; token?: string }
  readonly error?: { code: string }
}

async function stream(http: RawHttp, target: string): Promise<{ records: Line['record'][]; last: Line }> {
  const answer = await http.call('GET', target, lines)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
  const text = answer.text()
  assert.ok(text.endsWith('\n'))
  const all = text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  for (const line of all) assert.equal(Object.keys(line).length, 1, 'each line has one member')
  const last = all.pop()!
  return { records: all.map(({ record }) => record), last }
}

test('a page shows each record as it is', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('json', '{"a": [1,\r\n 2]}', 'application/json; charset=utf-8')
    dispatcher.put('ld', '"x"', 'application/ld+json', { expiresAtMs: 1_800_000_000_000, lease: 5 })
    dispatcher.put('no-json', '{a}', 'application/json')
    dispatcher.put('text', 'hello', 'text/plain')
    const http = await fixture.connect()
    const answer = await http.call('GET', '/v1/records')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    assert.equal(answer.headers.get('headgate-token'), '1.1.1.4')
    assert.deepEqual(answer.json(), {
      records: [
        {
          key: 'json',
          bucket: dispatcher.records.get('json')!.bucket,
          etag: '"1-1"',
          contentType: 'application/json; charset=utf-8',
          size: 15,
          value: { a: [1, 2] },
        },
        {
          key: 'ld',
          bucket: dispatcher.records.get('ld')!.bucket,
          etag: '"1-2"',
          contentType: 'application/ld+json',
          size: 3,
          expires: '2027-01-15T08:00:00.000Z',
          lease: 5,
          value: 'x',
        },
        {
          key: 'no-json',
          bucket: dispatcher.records.get('no-json')!.bucket,
          etag: '"1-3"',
          contentType: 'application/json',
          size: 3,
          valueBase64: 'e2F9',
        },
        {
          key: 'text',
          bucket: dispatcher.records.get('text')!.bucket,
          etag: '"1-4"',
          contentType: 'text/plain',
          size: 5,
          valueBase64: 'aGVsbG8=',
        },
      ],
    })
    const bare = (await http.call('GET', '/v1/records?values=false')).json().records
    assert.deepEqual(
      bare.map((record: Record<string, unknown>) => [record['size'], 'value' in record, 'valueBase64' in record]),
      [15, 3, 3, 5].map((size) => [size, false, false]),
    )
  }))

test('numbers in JSON values keep all their digits', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', '{"n":12345678901234567890.123456789}', 'application/json')
    const http = await fixture.connect()
    const answer = await http.call('GET', '/v1/records')
    assert.match(answer.text(), /"n":12345678901234567890\.123456789/)
  }))

test('keys that are not UTF-8 come back in base64', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    await http.call('PUT', '/v1/records/%ff%00', { body: 'x' })
    await http.call('PUT', '/v1/records/%C3%BC%22%0A', { body: 'x' })
    const { records } = (await http.call('GET', '/v1/records')).json()
    assert.equal(records[0].key, 'ü"\n')
    assert.deepEqual([records[1].key, records[1].keyBase64], [undefined, '/wA='])
  }))

test('pages follow one another by cursor, in both orders, until there is none', () =>
  Fixture.run(async (fixture) => {
    const expected = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}`)
    for (const key of expected) fixture.dispatcher.put(key, key)
    const http = await fixture.connect()
    for (const order of ['asc', 'desc']) {
      const seen: string[] = []
      let cursor = ''
      let pages = 0
      for (;;) {
        const answer = await http.call('GET', `/v1/records?limit=10&order=${order}${cursor}`)
        const page = answer.json()
        seen.push(...page.records.map(({ key }: { key: string }) => key))
        pages++
        if (page.cursor === undefined) break
        cursor = `&cursor=${page.cursor}`
      }
      assert.deepEqual(seen, order === 'asc' ? expected : [...expected].reverse())
      assert.equal(pages, 3)
    }
  }))

test('a cursor of another scan is refused, another limit is welcome', () =>
  Fixture.run(async (fixture) => {
    for (let i = 0; i < 5; i++) fixture.dispatcher.put(`k${i}`, 'x')
    const http = await fixture.connect()
    const { cursor } = (await http.call('GET', '/v1/records?prefix=k&limit=2')).json()
    assert.equal((await http.call('GET', `/v1/records?prefix=k&limit=3&cursor=${cursor}`)).json().records[0].key, 'k2')
    for (const other of ['', 'prefix=k&order=desc&', 'prefix=k&values=false&', 'prefix=k0&', 'start=k&']) {
      const answer = await http.call('GET', `/v1/records?${other}cursor=${cursor}`)
      assert.deepEqual([answer.status, answer.json().code], [400, 'bad-cursor'], other)
    }
    for (const bad of ['', 'x', `${cursor}x`]) {
      assert.equal((await http.call('GET', `/v1/records?prefix=k&cursor=${bad}`)).json().code, 'bad-cursor')
    }
  }))

test('prefix, start and end are bytes, decoded like keys', () =>
  Fixture.run(async (fixture) => {
    for (const key of ['a', 'a/b', 'a/c', 'a b', 'a+b', 'b', 'ü']) fixture.dispatcher.put(key, 'x')
    const http = await fixture.connect()
    const keys = async (query: string): Promise<string[]> => {
      const answer = await http.call('GET', `/v1/records?${query}`)
      return answer.json().records.map(({ key }: { key: string }) => key)
    }
    assert.deepEqual(await keys('prefix=a/'), ['a/b', 'a/c'])
    assert.deepEqual(await keys('prefix=a%2F'), ['a/b', 'a/c'])
    assert.deepEqual(await keys('prefix=a%20'), ['a b'])
    assert.deepEqual(await keys('prefix=a+'), ['a+b'])
    assert.deepEqual(await keys('prefix=%C3%BC'), ['ü'])
    assert.deepEqual(await keys('start=a/b&end=b'), ['a/b', 'a/c'])
    assert.deepEqual(await keys('start=a/b&end=b&order=desc'), ['a/c', 'a/b'], 'start stays the lower bound')
    assert.deepEqual(await keys('prefix=a&start=a%2B'), ['a+b', 'a/b', 'a/c'])
    assert.deepEqual(await keys('prefix=&start='), ['a', 'a b', 'a+b', 'a/b', 'a/c', 'b', 'ü'])
    assert.deepEqual(await keys('start=b&end=a'), [])
    assert.equal((await http.call('GET', '/v1/count?prefix=a/')).json().count, 2)
    assert.equal((await http.call('GET', '/v1/count')).json().count, 7)
    for (const bad of ['prefix=%zz', 'start=\xff', `end=${'x'.repeat(1025)}`]) {
      for (const path of ['records', 'count']) {
        const answer = await http.call('GET', `/v1/${path}?${bad}`)
        assert.deepEqual([answer.status, answer.json().code], [400, 'bad-key'], `${path} ${bad.slice(0, 20)}`)
      }
    }
    for (const bad of ['limit=0', 'limit=1001', 'limit=x', 'order=up', 'values=maybe', 'limit=1&limit=2', 'prefx=a']) {
      assert.equal((await http.call('GET', `/v1/records?${bad}`)).json().code, 'bad-parameter', bad)
    }
  }))

test('a missing shard is told of, where the client allowed it', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', 'x')
    fixture.dispatcher.missing = [{ shard: 2, error: new GatewayError('unavailable', 'gone') }]
    const http = await fixture.connect()
    for (const target of ['/v1/records', '/v1/count']) {
      const answer = (await http.call('GET', target, { headers: { 'Headgate-Partial': 'allow' } })).json()
      assert.equal(answer.partial, true)
      assert.deepEqual(answer.shards[0], { shard: 1, ok: true })
      assert.deepEqual(
        [answer.shards[1].shard, answer.shards[1].ok, answer.shards[1].error.code],
        [2, false, 'unavailable'],
      )
    }
    const { last } = await stream(http, '/v1/records')
    assert.equal(last.end!.partial, true)
    assert.equal(last.end!.shards!.length, 2)
  }))

test('a stream holds everything and says that it ended', () =>
  Fixture.run(async (fixture) => {
    for (let i = 0; i < 1234; i++)
      fixture.dispatcher.put(`k${String(i).padStart(4, '0')}`, `{"i":\n${i}}`, 'application/json')
    const http = await fixture.connect()
    const { records, last } = await stream(http, '/v1/records?prefix=k')
    assert.deepEqual(
      records.map((record) => (record!.value as { i: number }).i),
      Array.from({ length: 1234 }, (_, i) => i),
    )
    assert.deepEqual(last.end, { count: 1234, token: '1.1.1.ya' })
    assert.equal(fixture.dispatcher.seen.length, 3, 'pages of 500')
    const tags = fixture.dispatcher.seen.map(({ token }) => token?.length)
    assert.deepEqual(tags, [undefined, 1, 1], 'later pages ask for at least what the first one showed')
    assert.equal((await http.call('GET', '/v1/count')).json().count, 1234, 'the connection lives on')

    const limited = await stream(http, '/v1/records?prefix=k&limit=600')
    assert.equal(limited.records.length, 600)
    assert.equal(limited.last.end!.count, 600)
    const rest = await http.call('GET', `/v1/records?prefix=k&limit=1&cursor=${limited.last.end!.cursor}`)
    assert.equal(rest.json().records[0].key, 'k0600')
    const empty = await stream(http, '/v1/records?prefix=nothing&order=desc')
    assert.deepEqual([empty.records, empty.last.end!.count], [[], 0])
  }))

test('a stream that fails before it began is a problem, later it ends with one', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    for (let i = 0; i < 700; i++) dispatcher.put(`k${i}`, 'x')
    const http = await fixture.connect()
    dispatcher.answerWith = () => new GatewayError('unavailable', 'gone')
    assert.equal((await http.call('GET', '/v1/records', lines)).status, 503)
    let pages = 0
    dispatcher.answerWith = () => (++pages === 2 ? new GatewayError('deadline', 'late') : undefined)
    const { records, last } = await stream(http, '/v1/records')
    assert.deepEqual([records.length, last.error!.code], [500, 'deadline'])
    assert.equal(fixture.requests.at(-1)!.error, 'deadline')
    dispatcher.answerWith = () => (++pages === 4 ? ({ kind: 'count', count: 0, positions: [] } as const) : undefined)
    const broken = await stream(http, '/v1/records')
    assert.equal(broken.last.error!.code, 'internal')
    assert.equal(fixture.defects.splice(0).length, 1)
  }))

test('a stream goes as fast as its reader, and stops when he leaves', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    for (let i = 0; i < 300; i++) dispatcher.put(`k${String(i).padStart(3, '0')}`, Buffer.alloc(100 * 1024, 65))
    const http = await fixture.connect()
    http.socket.pause()
    http.send('GET /v1/records HTTP/1.1\r\nHost: h\r\nAccept: application/x-ndjson\r\n\r\n')
    await fixture.until(() => fixture.ingress.output.late.bytes > 0)
    let pages = -1
    for (let quiet = 0; quiet < 50; quiet++) {
      if (dispatcher.seen.length !== pages) quiet = 0
      pages = dispatcher.seen.length
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.ok(pages < 50, `${pages} pages of about 60 were asked for`)
    http.socket.resume()
    const answer = await http.answer()
    assert.equal(answer.text().split('\n').length, 302)

    const leaver = await fixture.connect()
    leaver.socket.pause()
    const before = dispatcher.seen.length
    leaver.send('GET /v1/records HTTP/1.1\r\nHost: h\r\nAccept: application/x-ndjson\r\n\r\n')
    await fixture.until(() => dispatcher.seen.length > before && fixture.ingress.output.late.bytes > 1024 * 1024)
    leaver.destroy()
    await fixture.until(() => fixture.ingress.output.late.bytes === 0)
    await fixture.until(() => fixture.requests.filter(({ kind }) => kind === 'scan').length === 2)
    assert.ok(dispatcher.seen.length < before + 60)
  }))

test('a stream to HTTP/1.0 ends with the connection', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', 'x')
    const http = await fixture.connect()
    http.send('GET /v1/records HTTP/1.0\r\nAccept: application/x-ndjson\r\n\r\n')
    const text = await http.closed()
    assert.match(text, /Connection: close\r\n/)
    assert.doesNotMatch(text, /chunked/i)
    assert.match(text, /\r\n\r\n\{"record":.*\}\n\{"end":\{"count":1,"token":"1\.1\.1\.1"\}\}\n$/)
  }))

test('only who asks for lines gets them', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const cases: [string, string][] = [
      ['application/x-ndjson', 'application/x-ndjson'],
      ['text/html, Application/X-NDJSON;q=0.5', 'application/x-ndjson'],
      ['application/x-ndjson;q=0', 'application/json'],
      ['application/x-ndjson; q=0.000, */*', 'application/json'],
      ['*/*', 'application/json'],
    ]
    for (const [accept, type] of cases) {
      const answer = await http.call('GET', '/v1/records', { headers: { Accept: accept } })
      assert.equal(answer.headers.get('content-type'), type, accept)
    }
  }))
