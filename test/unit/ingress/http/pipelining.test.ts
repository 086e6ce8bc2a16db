import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Operation } from '../../../../src/operation/operation.ts'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode } from '../../../support/raw-http.ts'

const get = (key: string): Buffer => encode('GET', `/v1/records/${key}`)

test('pipelined reads run together and are answered in order, whatever order they end in', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    for (const key of ['a', 'b', 'c', 'd']) dispatcher.put(key, `value ${key}`)
    dispatcher.holding = true
    const http = await fixture.connect()
    http.send(Buffer.concat(['a', 'b', 'c', 'd'].map(get)))
    await fixture.until(() => dispatcher.heldCount === 4)
    for (const place of [2, 2, 1, 0]) dispatcher.release(place)
    for (const key of ['a', 'b', 'c', 'd']) assert.equal((await http.answer()).text(), `value ${key}`)
  }))

test('an error of a request behind waits for its turn too', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'x')
    dispatcher.holding = true
    const http = await fixture.connect()
    http.send(Buffer.concat([get('a'), get('%zz'), encode('HEAD', '/v1/records/a'), Buffer.from('NONSENSE\r\n\r\n')]))
    await fixture.until(() => dispatcher.heldCount === 2)
    dispatcher.release(1)
    dispatcher.release(0)
    assert.equal((await http.answer()).text(), 'x')
    assert.equal((await http.answer()).json().code, 'bad-key')
    assert.equal((await http.answer('HEAD')).status, 200)
    const last = await http.answer()
    assert.equal(last.status, 400)
    assert.equal(last.headers.get('connection'), 'close')
    assert.equal(await http.closed(), '')
  }))

test('reaching the pipeline depth pauses reading; nothing is refused', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'x')
    dispatcher.holding = true
    const http = await fixture.connect()
    for (let i = 0; i < 50; i++) http.send(get('a'))
    await fixture.until(() => dispatcher.heldCount === 4)
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(dispatcher.heldCount, 4, 'pipelineHttp of the fixture')
    dispatcher.release()
    await fixture.until(() => dispatcher.heldCount === 4)
    dispatcher.holding = false
    while (dispatcher.heldCount > 0) dispatcher.release()
    for (let i = 0; i < 50; i++) assert.equal((await http.answer()).text(), 'x')
    assert.equal(fixture.requests.length, 50)
  }))

test('a write waits for the requests before it, and those behind wait for the write', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'old')
    dispatcher.holding = true
    const http = await fixture.connect()
    http.send(Buffer.concat([get('a'), get('a'), encode('PUT', '/v1/records/a', { body: 'new' }), get('a'), get('a')]))
    const kinds = (): string => dispatcher.seen.map(({ body }) => body.kind).join(' ')
    await fixture.until(() => dispatcher.heldCount === 2)
    assert.equal(kinds(), 'get get')
    dispatcher.release()
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(kinds(), 'get get')
    dispatcher.release()
    await fixture.until(() => kinds() === 'get get put')
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(kinds(), 'get get put')
    dispatcher.release()
    await fixture.until(() => kinds() === 'get get put get get')
    dispatcher.release()
    dispatcher.release()
    const texts: string[] = []
    for (let i = 0; i < 5; i++) texts.push((await http.answer()).text())
    assert.deepEqual(texts, ['old', 'old', '', 'new', 'new'])
  }))

test('a dispatcher that makes an operation wait stops the reading of that client', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'x')
    dispatcher.holding = true
    dispatcher.accepts = false
    const http = await fixture.connect()
    http.send(Buffer.concat([get('a'), get('a'), get('a')]))
    await fixture.until(() => dispatcher.heldCount === 1)
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(dispatcher.seen.length, 1)
    dispatcher.release()
    await fixture.until(() => dispatcher.seen.length === 2)
    dispatcher.accepts = true
    dispatcher.release()
    await fixture.until(() => dispatcher.seen.length === 3)
    dispatcher.release()
    for (let i = 0; i < 3; i++) assert.equal((await http.answer()).text(), 'x')
  }))

test('answers of one read event leave in one write', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', 'x')
    const http = await fixture.connect()
    await http.call('GET', '/v1/records/a')
    const chunks: number[] = []
    http.socket.on('data', (bytes) => chunks.push(bytes.length))
    http.send(Buffer.concat(Array.from({ length: 8 }, () => get('a'))))
    for (let i = 0; i < 8; i++) await http.answer()
    assert.equal(chunks.length, 1)
  }))

test('a client that does not read is not read from, and loses nothing', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('big', Buffer.alloc(512 * 1024, 7))
    const http = await fixture.connect()
    http.socket.pause()
    for (let i = 0; i < 60; i++) http.send(get('big'))
    let seen = -1
    await fixture.until(() => fixture.ingress.output.late.bytes > 0)
    for (let quiet = 0; quiet < 50; quiet++) {
      if (fixture.dispatcher.seen.length !== seen) quiet = 0
      seen = fixture.dispatcher.seen.length
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.ok(seen < 60, `${seen} of 60 requests were read`)
    assert.ok(fixture.ingress.output.late.bytes < 3 * 1024 * 1024)
    http.socket.resume()
    for (let i = 0; i < 60; i++) assert.equal((await http.answer()).body.length, 512 * 1024)
    await fixture.until(() => fixture.ingress.output.late.bytes === 0)
  }))

test('a client that leaves is gone, and its answers are dropped', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    dispatcher.put('a', 'x')
    dispatcher.holding = true
    const http = await fixture.connect()
    http.send(Buffer.concat([get('a'), get('a')]))
    await fixture.until(() => dispatcher.heldCount === 2)
    assert.equal(fixture.last().origin.gone, false)
    http.destroy()
    await fixture.until(() => fixture.last().origin.gone)
    dispatcher.release(1)
    dispatcher.release(0)
    await fixture.until(() => fixture.requests.length === 2)
  }))

test('a random mix of requests in random pieces is answered completely and in order', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    for (let i = 0; i < 10; i++) dispatcher.put(`k${i}`, `value ${i}`)
    const { random } = fixture
    for (let round = 0; round < 20; round++) {
      const http = await fixture.connect()
      const expected: (readonly [method: string, status: number, text: string])[] = []
      const requests: Buffer[] = []
      for (let i = 0; i < 30; i++) {
        const key = random.integer(10)
        const kind = random.integer(5)
        if (kind < 2) {
          requests.push(get(`k${key}`))
          expected.push(['GET', 200, `value ${key}`])
        } else if (kind === 2) {
          requests.push(encode('PUT', `/v1/records/k${key}`, { body: `value ${key}` }))
          expected.push(['PUT', 204, ''])
        } else if (kind === 3) {
          const body = `value ${key}`
          const chunked = `3;x=y\r\n${body.slice(0, 3)}\r\n${(body.length - 3).toString(16)}\r\n${body.slice(3)}\r\n0\r\nT: r\r\n\r\n`
          requests.push(
            encode('PUT', `/v1/records/k${key}`, { headers: { 'Transfer-Encoding': 'chunked' } }),
            Buffer.from(chunked),
          )
          expected.push(['PUT', 204, ''])
        } else {
          requests.push(encode('HEAD', '/v1/records/absent'))
          expected.push(['HEAD', 404, ''])
        }
      }
      const bytes = Buffer.concat(requests)
      dispatcher.holding = round % 2 === 1
      const releasing = dispatcher.holding ? keepReleasing(fixture) : undefined
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random.integer(120)
        http.send(bytes.subarray(at, at + size))
        at += size
        if (random.integer(3) === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      for (const [method, status, text] of expected) {
        const answer = await http.answer(method)
        assert.deepEqual([answer.status, answer.text()], [status, text], `round ${round}, seed ${fixture.seed}`)
      }
      releasing?.stop()
    }
  }))

function keepReleasing({ dispatcher, random }: Fixture): { stop(): void } {
  let running = true
  const release = (): void => {
    if (dispatcher.heldCount > 0) dispatcher.release(random.integer(dispatcher.heldCount))
    if (running) setImmediate(release)
  }
  release()
  return {
    stop() {
      running = false
      dispatcher.holding = false
      while (dispatcher.heldCount > 0) dispatcher.release()
    },
  }
}

test('an answer given twice is a defect that harms nobody', () =>
  Fixture.run(async (fixture) => {
    fixture.dispatcher.put('a', 'x')
    const http = await fixture.connect()
    const { dispatcher } = fixture
    const dispatch = dispatcher.dispatch.bind(dispatcher)
    dispatcher.dispatch = (operation, handler) => {
      dispatch(operation, handler)
      handler.onError(operation, new GatewayError('internal', 'again'))
      return true
    }
    http.send(Buffer.concat([get('a'), get('a')]))
    assert.equal((await http.answer()).text(), 'x')
    assert.equal((await http.answer()).text(), 'x')
    assert.equal(fixture.defects.splice(0).length, 2)
  }))

test('an operation that failed is not used again: the store may still be at it', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    const operations: Operation[] = []
    const dispatch = dispatcher.dispatch.bind(dispatcher)
    dispatcher.dispatch = (operation, handler) => {
      operations.push(operation)
      return dispatch(operation, handler)
    }
    const http = await fixture.connect()
    dispatcher.answerWith = () => new GatewayError('deadline', 'late', { outcome: 'unknown' })
    await http.call('PUT', '/v1/records/a', { body: 'first' })
    dispatcher.answerWith = undefined
    for (const key of ['b', 'c', 'd']) await http.call('PUT', `/v1/records/${key}`, { body: key })
    const texts = operations.map(({ body }) => (body.kind === 'put' ? `${body.key} ${body.value}` : ''))
    assert.equal(texts[0], 'a first')
    assert.equal(new Set(operations).size, 2, 'those that were answered are')
  }))

test('a measurement that throws costs nobody an answer', () =>
  Fixture.run(
    async (fixture) => {
      fixture.dispatcher.put('a', 'x')
      const http = await fixture.connect()
      http.send(Buffer.concat([get('a'), get('b'), get('a')]))
      assert.equal((await http.answer()).text(), 'x')
      assert.equal((await http.answer()).status, 404)
      assert.equal((await http.answer()).text(), 'x')
      assert.equal((await http.call('GET', '/v1/records', { headers: { Accept: 'application/x-ndjson' } })).status, 200)
    },
    {},
    {
      hooks: {
        onRequest: () => {
          throw new Error('a defect of the measurement')
        },
        onDefect: () => {},
      },
    },
  ))
