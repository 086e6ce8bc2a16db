import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseTtl } from '../../../../src/ingress/http/durations.ts'
import { Fixture } from '../../../support/http-fixture.ts'

test('without headers an operation has the defaults', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    await http.call('GET', '/v1/records/a')
    const { consistency, priority, partial, token, maxStalenessMs, idempotency } = fixture.last()
    assert.deepEqual(
      { consistency, priority, partial, token, maxStalenessMs, idempotency, timeout: fixture.timeoutMs() },
      {
        consistency: 'default',
        priority: 'normal',
        partial: false,
        token: undefined,
        maxStalenessMs: 500,
        idempotency: undefined,
        timeout: 1000,
      },
    )
    await http.call('GET', '/v1/count')
    assert.equal(fixture.timeoutMs(), 5000)
  }))

test('headers say otherwise, for this request only', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const headers = {
      'Headgate-Consistency': 'consistent',
      'Headgate-Max-Staleness': '2s',
      'Headgate-Token': '1.1.1.a_2.1.3.zz',
      'Headgate-Priority': 'sheddable',
      'Headgate-Timeout': '250ms',
      'Headgate-Partial': 'allow',
    }
    await http.call('GET', '/v1/records/a', { headers })
    const { consistency, priority, partial, token, maxStalenessMs } = fixture.last()
    assert.deepEqual([consistency, priority, partial, maxStalenessMs], ['consistent', 'sheddable', true, 2000])
    assert.equal(fixture.timeoutMs(), 250)
    assert.deepEqual(token, [
      { shard: 1, history: 1, epoch: 1, index: 10 },
      { shard: 2, history: 1, epoch: 3, index: 35 * 36 + 35 },
    ])
    await http.call('GET', '/v1/records/a', { headers: { 'Headgate-Timeout': '1h' } })
    assert.equal(fixture.timeoutMs(), 1000, 'a client cannot wait longer than is configured')
    assert.equal(fixture.last().consistency, 'default')
    assert.equal(fixture.last().token, undefined)
    assert.equal(fixture.last().partial, false)
  }))

test('a header that means nothing is refused', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const cases: [string, string, string][] = [
      ['Headgate-Consistency', 'strong', 'bad-parameter'],
      ['Headgate-Max-Staleness', '500', 'bad-parameter'],
      ['Headgate-Timeout', '0ms', 'bad-parameter'],
      ['Headgate-Timeout', '-1s', 'bad-parameter'],
      ['Headgate-Timeout', '1 s', 'bad-parameter'],
      ['Headgate-Priority', 'urgent', 'bad-parameter'],
      ['Headgate-Partial', 'yes', 'bad-parameter'],
      ['Headgate-Token', 'x', 'bad-token'],
      ['Headgate-Token', '1.1.1.1_1.1.1.2', 'bad-token'],
    ]
    for (const [name, value, code] of cases) {
      const answer = await http.call('GET', '/v1/records/a', { headers: { [name]: value } })
      assert.deepEqual([answer.status, answer.json().code], [400, code], `${name}: ${value}`)
      assert.ok(!answer.json().detail.includes(value) || value.length < 4, 'details do not repeat what was sent')
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('durations', () => {
  const cases: [string, number | undefined][] = [
    ['250ms', 250],
    ['2s', 2000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0.4ms', 0],
    ['1m', 60_000],
    ['', undefined],
    ['5', undefined],
    ['5S', undefined],
    ['.5s', undefined],
    ['1e3s', undefined],
  ]
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text)
  assert.equal(parseTtl('5'), 5000)
  assert.equal(parseTtl('0'), undefined)
  assert.equal(parseTtl('0.4ms'), undefined)
  assert.equal(parseTtl('99999d'), undefined)
})

test('an Idempotency-Key makes scope and fingerprint, which tell requests apart', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const base = { method: 'PUT', path: '/v1/records/a', key: 'k1', body: 'x', headers: {} as Record<string, string> }
    const hashes = async (change: Partial<typeof base>): Promise<[string, string]> => {
      const { method, path, key, body, headers } = { ...base, ...change }
      await http.call(method, path, { headers: { 'Idempotency-Key': key, ...headers }, body })
      const { scope, fingerprint } = fixture.last().idempotency!
      assert.deepEqual([scope.length, fingerprint.length], [16, 16])
      return [Buffer.from(scope).toString('hex'), Buffer.from(fingerprint).toString('hex')]
    }
    const [scope, fingerprint] = await hashes({})
    assert.deepEqual(await hashes({}), [scope, fingerprint])
    const scopes = [
      await hashes({ key: 'k2' }),
      await hashes({ path: '/v1/records/b' }),
      await hashes({ headers: { Authorization: 'Bearer writer' } }),
      await hashes({ method: 'DELETE' }),
      await hashes({ method: 'POST', path: '/v1/records' }),
    ]
    assert.equal(new Set([scope, ...scopes.map(([other]) => other)]).size, 6)
    const prints = [
      await hashes({ body: 'y' }),
      await hashes({ path: '/v1/records/a?ttl=1s' }),
      await hashes({ headers: { 'Content-Type': 'text/plain' } }),
      await hashes({ headers: { 'If-Match': '"1-1"' } }),
    ]
    assert.ok(prints.every(([other]) => other === scope))
    assert.equal(new Set([fingerprint, ...prints.map(([, other]) => other)]).size, 5)
    for (const bad of ['a b', '', 'x'.repeat(256), 'ü']) {
      const answer = await http.call('PUT', '/v1/records/a', { headers: { 'Idempotency-Key': bad }, body: 'x' })
      assert.equal(answer.status, 400, bad)
    }
  }))

test('a replayed outcome says so, and an unknown one may be repeated with a key', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const { dispatcher } = fixture
    const headers = { 'Idempotency-Key': 'k' }
    const put = () => http.call('PUT', '/v1/records/a', { headers, body: 'x' })
    await put()
    dispatcher.answerWith = ({ body }) => ({ ...dispatcher.execute(body), replayed: true }) as never
    assert.equal((await put()).headers.get('headgate-replayed'), 'true')
    const created = await http.call('POST', '/v1/records', { headers, body: 'x' })
    assert.equal(created.headers.get('headgate-replayed'), 'true')
    const again = await http.call('POST', '/v1/records', { headers, body: 'x' })
    assert.equal(again.headers.get('location'), created.headers.get('location'), 'a repeat asks for the same key')
    const absent = await http.call('DELETE', '/v1/records/zz', { headers })
    assert.deepEqual([absent.status, absent.headers.get('headgate-replayed')], [404, 'true'])
    const batch = await http.call('POST', '/v1/batch', { headers, body: '{"ops":[{"op":"delete","key":"q"}]}' })
    assert.deepEqual([batch.status, batch.headers.get('headgate-replayed')], [200, 'true'])
  }))
