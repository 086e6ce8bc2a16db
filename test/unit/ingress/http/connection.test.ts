import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode } from '../../../support/raw-http.ts'

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('HTTP/1.0 is answered and the connection closed', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', 'x')
    const http = await fixture.connect()
    http.send('GET /v1/records/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /v1/records/a HTTP/1.0\r\n\r\n')
    const answer = await http.answer()
    assert.equal(answer.text(), 'x')
    assert.equal(answer.headers.get('connection'), 'close')
    assert.equal(await http.closed(), '')
    assert.equal(fixture.requests.length, 1)
  }))

test('Connection: close closes after the answer, with a body as well', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    http.send(encode('PUT', '/v1/records/a', { headers: { Connection: 'close' }, body: 'xyz' }).subarray(0, -2))
    await turns(5)
    http.send('yz')
    const answer = await http.answer()
    assert.deepEqual([answer.status, answer.headers.get('connection')], [201, 'close'])
    assert.equal(await http.closed(), '')
    assert.equal(Buffer.from(fixture.lastBody('put').value).toString(), 'xyz')
  }))

test('a malformed request is answered once, then the connection closes', () =>
  Fixture.run(async (fixture) => {
    for (const [bytes, status, code] of [
      ['GET / HTTP/1.1\r\n\r\n', 400, 'malformed'],
      ['GET /v1/records/a HTTP/3.0\r\n\r\n', 505, 'http-version'],
      [`GET /${'a'.repeat(9000)}`, 414, 'uri-too-long'],
      [`GET / HTTP/1.1\r\nX: ${'a'.repeat(9000)}`, 431, 'headers-too-large'],
      ['PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n', 501, 'not-implemented'],
      ['PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n', 417, 'expectation-failed'],
      [
        'PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
        400,
        'malformed',
      ],
      ['PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400, 'malformed'],
      ['\x16\x03\x01\x02\x00\x01\x00', 400, 'malformed'],
    ] as const) {
      const http = await fixture.connect()
      http.send(`${bytes}GET /v1/records/a HTTP/1.1\r\nHost: h\r\n\r\n`)
      const answer = await http.answer()
      assert.deepEqual([answer.status, answer.json().code], [status, code])
      assert.equal(answer.headers.get('connection'), 'close')
      assert.equal(await http.closed(), '')
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('a body that is too large is refused before it is read', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    http.send('PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n')
    const answer = await http.answer()
    assert.deepEqual([answer.status, answer.json().code, answer.json().outcome], [413, 'too-large', 'not-applied'])
    const body = Buffer.alloc(256 * 1024)
    for (let i = 0; i < 8; i++) http.send(body)
    await turns(50)
    fixture.pass(2500)
    assert.equal(await http.closed(), '')
    assert.equal(fixture.ingress.bodies.usedBytes, 0)

    const chunked = await fixture.connect()
    chunked.send('PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n')
    assert.equal((await chunked.answer()).status, 413)
  }))

test('a refused request whose body came with it does not cost the connection', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    assert.equal((await http.call('PUT', '/v1/nothing', { body: 'x'.repeat(500) })).status, 404)
    assert.equal((await http.call('PUT', '/v1/count', { body: 'x' })).status, 405)
    assert.equal(
      (await http.call('GET', '/v1/count', { body: 'x' })).status,
      200,
      'a body of a GET is read and dropped',
    )
  }))

test('100-continue is sent when the body is wanted, and not when it is refused', () =>
  Fixture.run(
    async (fixture) => {
      const expect = { Expect: '100-continue', 'Content-Length': '3' }
      const http = await fixture.connect()
      http.send(encode('PUT', '/v1/records/a', { headers: expect }))
      assert.equal((await http.answer()).status, 100)
      http.send('abc')
      assert.equal((await http.answer()).status, 201)

      http.send(encode('PUT', '/v1/records/a', { headers: expect, body: 'abc' }))
      assert.equal((await http.answer()).status, 204, 'the body was there already')

      const refused = await fixture.connect()
      refused.send(encode('POST', '/v1/batch', { headers: { ...expect, Authorization: 'Bearer writer' } }))
      const answer = await refused.answer()
      assert.deepEqual([answer.status, answer.headers.get('connection')], [503, 'close'])
    },
    {},
    {
      admitBody: (client, intent) =>
        client.name === 'writer' && intent === 'write' ? new GatewayError('overloaded', 'no') : undefined,
    },
  ))

test('a slow body is put together within the common budget', () =>
  Fixture.run(
    async (fixture) => {
      const http = await fixture.connect()
      const value = Buffer.from(Array.from({ length: 3000 }, (_, i) => i & 0xff))
      http.send(encode('PUT', '/v1/records/a', { headers: { 'Content-Length': '3000' } }))
      for (let at = 0; at < 3000; at += 100) {
        http.send(value.subarray(at, at + 100))
        await turns(2)
      }
      assert.equal((await http.answer()).status, 201)
      assert.ok(Buffer.from(fixture.lastBody('put').value).equals(value))
      assert.equal(fixture.ingress.bodies.usedBytes, 0)

      const slow = await Promise.all([0, 1, 2].map(() => fixture.connect()))
      for (const each of slow) each.send(encode('PUT', '/v1/records/b', { headers: { 'Content-Length': '5000' } }))
      for (const each of slow) each.send(value)
      const answer = await slow[2]!.answer()
      assert.deepEqual([answer.status, answer.json().reason], [503, 'backlog'])
      slow[0]!.destroy()
      await fixture.until(() => fixture.ingress.bodies.usedBytes === 4096)
      slow[1]!.send(value.subarray(0, 2000))
      assert.equal((await slow[1]!.answer()).status, 201)
      assert.equal(fixture.ingress.bodies.usedBytes, 0)
    },
    { bodyBudgetBytes: 10_000 },
  ))

test('a head that does not come to its end is answered 408', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    await http.call('GET', '/v1/records/a')
    http.send('GET /v1/rec')
    await turns(5)
    fixture.pass(9000)
    http.send('ords/a HT')
    await turns(5)
    fixture.pass(900)
    await turns(5)
    fixture.pass(200)
    const answer = await http.answer()
    assert.deepEqual([answer.status, answer.json().code, answer.json().retryable], [408, 'request-timeout', true])
    assert.equal(await http.closed(), '')
  }))

test('a body that does not come to its end is answered 408', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    http.send('PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc')
    await turns(5)
    fixture.pass(29_000)
    http.send('def')
    await turns(5)
    fixture.pass(1100)
    const answer = await http.answer()
    assert.deepEqual([answer.status, answer.json().outcome], [408, 'not-applied'])
    assert.equal(await http.closed(), '')
    assert.equal(fixture.ingress.bodies.usedBytes, 0)
  }))

test('an idle connection is closed without a word; a busy one is not idle', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    await http.call('GET', '/v1/records/a')
    fixture.pass(70_000)
    await http.call('GET', '/v1/records/a')
    fixture.dispatcher.holding = true
    http.send(encode('GET', '/v1/records/a'))
    await fixture.until(() => fixture.dispatcher.heldCount === 1)
    fixture.pass(80_000)
    fixture.dispatcher.release()
    assert.equal((await http.answer()).status, 404)
    await turns(5)
    fixture.pass(74_000)
    await turns(5)
    assert.equal(http.socket.readableEnded, false)
    fixture.pass(2000)
    assert.equal(await http.closed(), '')
  }))

test('who connects and says nothing does not stay long', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    await turns(5)
    fixture.pass(9000)
    await turns(5)
    assert.equal(http.socket.readableEnded, false)
    fixture.pass(1100)
    assert.equal(await http.closed(), '')
    assert.equal(fixture.requests.length, 0)
  }))

test('a client that takes nothing of its answer is disconnected', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('big', Buffer.alloc(1024 * 1024))
    const http = await fixture.connect()
    http.socket.pause()
    for (let i = 0; i < 30; i++) http.send(encode('GET', '/v1/records/big'))
    await fixture.until(() => fixture.ingress.output.late.bytes > 0)
    await turns(50)
    fixture.pass(0)
    fixture.pass(29_000)
    assert.ok(fixture.ingress.output.late.bytes > 0)
    fixture.pass(2000)
    await fixture.until(() => fixture.ingress.output.late.bytes === 0)
    http.destroy()
  }))

test('on a node that is up for long, a new client has as long to take its first answer', () =>
  Fixture.run(async (fixture) => {
    fixture.pass(3_600_000)
    fixture.dispatcher.put('big', Buffer.alloc(16 * 1024 * 1024))
    const http = await fixture.connect()
    http.socket.pause()
    http.send(encode('GET', '/v1/records/big'))
    await fixture.until(() => fixture.ingress.output.late.bytes > 0)
    await turns(50)
    fixture.pass(1000)
    await turns(50)
    assert.equal(fixture.openConnections, 1)
    assert.ok(fixture.ingress.output.late.bytes > 0)
    http.destroy()
  }))

test('a client that ends its side gets all answers, in however many turns they are made', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', Buffer.alloc(10_000, 'x'))
    const gets = 200
    const pipeline = Array.from({ length: gets }, () => encode('GET', '/v1/records/a'))
    const http = await fixture.connect()
    http.socket.end(Buffer.concat([...pipeline, encode('PUT', '/v1/records/b', { body: 'y' })]))
    for (let i = 0; i < gets; i++) assert.equal((await http.answer()).text().length, 10_000)
    assert.equal((await http.answer()).status, 201)
    assert.equal(await http.closed(), '')
  }))

test('a client that ends its side still gets its answers', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'x')
    dispatcher.holding = true
    const http = await fixture.connect()
    http.socket.end(Buffer.concat([encode('GET', '/v1/records/a'), encode('PUT', '/v1/records/a', { body: 'y' })]))
    await fixture.until(() => dispatcher.heldCount === 1)
    dispatcher.release()
    await fixture.until(() => dispatcher.heldCount === 1)
    dispatcher.release()
    assert.equal((await http.answer()).text(), 'x')
    assert.equal((await http.answer()).status, 204)
    assert.equal(await http.closed(), '')

    const half = await fixture.connect()
    half.socket.end('PUT /v1/records/a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc')
    assert.equal((await half.answer()).status, 400)
    assert.equal(await half.closed(), '')

    const silent = await fixture.connect()
    silent.socket.end('GET /v1/rec')
    assert.equal(await silent.closed(), '')
  }))

test('draining closes idle connections, answers what is in flight, takes nothing new', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'x')
    const [idle, busy, late] = [await fixture.connect(), await fixture.connect(), await fixture.connect()]
    await idle.call('GET', '/v1/records/a')
    late.send('PUT /v1/records/b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n')
    dispatcher.holding = true
    busy.send(Buffer.concat([encode('GET', '/v1/records/a'), encode('GET', '/v1/records/a')]))
    await fixture.until(() => dispatcher.heldCount === 2)
    const stalled = await fixture.connect()
    stalled.socket.pause()
    dispatcher.holding = false
    dispatcher.put('big', Buffer.alloc(1024 * 1024))
    for (let i = 0; i < 40; i++) stalled.send(encode('GET', '/v1/records/big'))
    await fixture.until(() => fixture.ingress.output.late.bytes > 1024 * 1024)
    dispatcher.holding = true
    const closing = fixture.close(5000)
    stalled.socket.resume()
    assert.equal(await idle.closed(), '')
    busy.send(encode('GET', '/v1/records/a'))
    await turns(5)
    assert.equal(dispatcher.heldCount, 2)
    dispatcher.release()
    dispatcher.release()
    const [first, second] = [await busy.answer(), await busy.answer()]
    assert.equal(first.headers.get('connection'), undefined)
    assert.equal(second.headers.get('connection'), 'close')
    assert.equal(await busy.closed(), '')
    dispatcher.holding = false
    late.send('abc')
    const last = await late.answer()
    assert.deepEqual([last.status, last.headers.get('connection')], [201, 'close'])
    await closing
  }))

test('requests whose answers together are more than the output holds are all answered, without a sweep', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('large', 'x'.repeat(300_000))
    const http = await fixture.connect()
    http.send(encode('GET', '/v1/records/large').toString().repeat(60))
    for (let i = 0; i < 60; i++) assert.equal((await http.answer()).body.length, 300_000)
  }))
