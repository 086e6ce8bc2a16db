import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode } from '../../../support/raw-http.ts'

test('a write that is refused on sight of its head says that nothing was applied, a read says nothing of it', () =>
  Fixture.run(async (fixture) => {
    const nobody = { Authorization: 'Bearer nobody' }
    const cases: [method: string, target: string, headers: Record<string, string>, status: number, write: boolean][] = [
      ['PUT', '/v1/records/a', nobody, 401, true],
      ['GET', '/v1/records/a', nobody, 401, false],
      ['POST', '/v1/query', nobody, 401, false],
      ['DELETE', '/v1/leases/1', { Authorization: 'Bearer reader' }, 403, true],
      ['PUT', '/v1/record/a', {}, 404, true],
      ['PATCH', '/nowhere', {}, 404, true],
      ['GET', '/nowhere', {}, 404, false],
      ['POST', '/v1/records/a', {}, 405, true],
      ['OPTIONS', '/v1/records/a', {}, 405, false],
      ['PUT', '/v1/records/a', { Expect: 'tea' }, 417, true],
    ]
    for (const [method, target, headers, status, write] of cases) {
      const http = await fixture.connect()
      const answer = await http.call(method, target, { headers })
      assert.equal(answer.status, status, `${method} ${target}`)
      assert.equal(answer.json().outcome, write ? 'not-applied' : undefined, `${method} ${target}`)
    }
  }))

test('every call refuses parameters it does not know', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const ops = '{"ops":[{"op":"get","key":"a"}]}'
    const calls: [method: string, target: string, body?: string][] = [
      ['POST', '/v1/batch', ops],
      ['POST', '/v1/query', '{}'],
      ['POST', '/v1/records', 'x'],
      ['POST', '/v1/leases', '{"ttl":"5s"}'],
      ['GET', '/v1/leases'],
      ['GET', '/v1/leases/1'],
      ['GET', '/v1/count'],
      ['GET', '/v1/records'],
      ['GET', '/v1/records/a'],
      ['PUT', '/v1/records/a', 'x'],
      ['DELETE', '/v1/records/a'],
    ]
    for (const [method, target, body] of calls) {
      const answer = await http.call(method, `${target}?atomc=true`, body === undefined ? {} : { body })
      assert.deepEqual([answer.status, answer.json().code], [400, 'bad-parameter'], `${method} ${target}`)
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('creating a record takes no condition, since there is nothing it could hold for', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    for (const name of ['If-Match', 'If-None-Match']) {
      const answer = await http.call('POST', '/v1/records', { body: 'x', headers: { [name]: '*' } })
      const { code, detail, outcome } = answer.json()
      assert.deepEqual([answer.status, code, outcome], [400, 'bad-parameter', 'not-applied'])
      assert.match(detail, /If-None-Match/)
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('JSON answers and problems end with one newline, which Content-Length counts', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const calls: [method: string, target: string, body?: string][] = [
      ['GET', '/v1/records'],
      ['GET', '/v1/count'],
      ['POST', '/v1/records', 'x'],
      ['POST', '/v1/batch', '{"ops":[{"op":"put","key":"a","value":1}]}'],
      ['POST', '/v1/leases', '{"ttl":"5s"}'],
      ['GET', '/v1/leases'],
      ['GET', '/v1/records/absent'],
      ['GET', '/nowhere'],
    ]
    for (const [method, target, body] of calls) {
      const answer = await http.call(method, target, body === undefined ? {} : { body })
      assert.match(answer.text(), /^\{.*\}\n$/, `${method} ${target}`)
      assert.equal(Number(answer.headers.get('content-length')), answer.body.length)
    }
    const head = await http.call('HEAD', '/v1/records/absent')
    const whole = await http.call('GET', '/v1/records/absent')
    assert.equal(head.headers.get('content-length'), whole.headers.get('content-length'))
  }))

test('after a head that could not be read nothing more is said, however long an earlier request takes', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    fixture.dispatcher.holding = true
    http.send(encode('GET', '/v1/records/a'))
    http.send('GET /v1/records/b HTTP/1.1\r\nbroken')
    // By the time another connection has its answer, that part has been read.
    await (await fixture.connect()).call('GET', '/nowhere')
    http.send(' header\r\n\r\n')
    await fixture.until(() => fixture.requests.length === 2)
    fixture.pass(11_000)
    fixture.dispatcher.release()
    assert.equal((await http.answer()).status, 404)
    assert.equal((await http.answer()).status, 400)
    assert.equal(await http.closed(), '')
    assert.deepEqual(
      fixture.requests.map(({ status }) => status),
      [404, 400, 404],
    )
  }))

test('the last word to a client that connects too often has the reason that its count has', () => {
  const { ingress } = new Fixture()
  const texts = (['total', 'per-address', 'rate'] as const).map((refusal) =>
    Buffer.from(ingress.lastWord(refusal)).toString(),
  )
  const heads = texts.map((text) => text.slice(0, text.indexOf('\r\n\r\n')))
  assert.deepEqual(
    heads.map((head) => head.slice(9, 12)),
    ['503', '503', '429'],
  )
  for (const [i, text] of texts.entries()) {
    const body = text.slice(heads[i]!.length + 4)
    assert.equal(JSON.parse(body).reason, 'connections')
    assert.ok(body.endsWith('}\n') && heads[i]!.includes(`\r\nContent-Length: ${body.length}\r\n`))
  }
})
