import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueryPartial } from '../../../../src/operation/query/query.ts'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode, type RawHttp } from '../../../support/raw-http.ts'

const lines = { Accept: 'application/x-ndjson' }
const partialRow = (json: string) => ({ key: Buffer.from(json), sort: Buffer.alloc(0), json })

function rowsOf(count: number, text: (i: number) => string): QueryPartial {
  return { kind: 'rows', rows: Array.from({ length: count }, (_, i) => partialRow(text(i))), bytes: 0 }
}

/** Sends one request, and while it is answered another that asks for little; says which was answered first. */
async function beside(fixture: Fixture, bytes: Buffer) {
  const [large, small] = [await fixture.connect(), await fixture.connect()]
  const asked = fixture.dispatcher.seen.length
  fixture.requests.length = 0
  large.send(bytes)
  const whole = large.answer()
  await fixture.until(() => fixture.dispatcher.seen.length === asked + 1)
  const atOnce = fixture.requests.length === 1
  assert.equal((await small.call('GET', '/v1/records/none')).status, 404)
  const first = fixture.requests[0]!.kind
  return { atOnce, first, answer: await whole }
}

function fill(fixture: Fixture, count: number, value: (i: number) => string | Buffer, type: string): string[] {
  const keys = Array.from({ length: count }, (_, i) => `k${String(i).padStart(5, '0')}`)
  for (const [i, key] of keys.entries()) fixture.dispatcher.put(key, value(i), type)
  return keys
}

test('a large page is made in slices, between which others get their turn', () =>
  Fixture.run(async (fixture) => {
    const value = (i: number) => ({ i, text: 'ü'.repeat(500) })
    const keys = fill(fixture, 1200, (i) => JSON.stringify(value(i)), 'application/json')
    const { atOnce, first, answer } = await beside(fixture, encode('GET', '/v1/records?limit=1000'))
    assert.deepEqual([atOnce, first], [false, 'get'])
    const { records, cursor } = answer.json()
    assert.deepEqual(
      records.map(({ key }: { key: string }) => key),
      keys.slice(0, 1000),
    )
    assert.deepEqual(records[999].value, value(999))
    const http = await fixture.connect()
    const rest = (await http.call('GET', `/v1/records?limit=1000&cursor=${cursor}`)).json()
    assert.deepEqual([rest.records.length, rest.records[0].key, rest.cursor], [200, keys[1000], undefined])
  }))

test('a large page says the same of each record as small ones do', () =>
  Fixture.run(async (fixture) => {
    const values: [type: string, value: string | Buffer][] = [
      ['application/json', '{"a":\r\n[1, 2]}'],
      ['application/json', '{broken'],
      ['application/json', Buffer.of(0x22, 0xff, 0x22)],
      ['text/plain', 'plain'],
      ['application/x; q="a\\b"', Buffer.alloc(0)],
      ['application/ld+json', JSON.stringify('x'.repeat(9_000)).replace('x', '\\n')],
      ['image/x', Buffer.alloc(9_000, 7)],
    ]
    for (let i = 0; i < 700; i++) {
      const [type, value] = values[i % values.length]!
      const about = { expiresAtMs: i % 2 === 0 ? 1_800_000_000_000 : 0, lease: i % 3 }
      fixture.dispatcher.put(`k${i}`, value, type, about)
    }
    fixture.dispatcher.put(Buffer.of(0xff, 1).toString('latin1'), 'x', 'text/plain')
    const http = await fixture.connect()
    for (const values of ['true', 'false']) {
      const large = await http.call('GET', `/v1/records?limit=1000&values=${values}`)
      assert.ok(!large.text().trimEnd().includes('\n'), 'one line')
      const small: unknown[] = []
      for (let target = `/v1/records?limit=7&values=${values}`; target !== ''; ) {
        const { records, cursor } = (await http.call('GET', target)).json()
        small.push(...records)
        target = cursor === undefined ? '' : `/v1/records?limit=7&values=${values}&cursor=${cursor}`
      }
      assert.equal(small.length, 701)
      assert.deepEqual(large.json(), { records: small })
    }
  }))

test('a page of ordinary size is answered in the turn it came in', () =>
  Fixture.run(async (fixture) => {
    fill(fixture, 300, () => 'v'.repeat(1_000), 'text/plain')
    const { atOnce, answer } = await beside(fixture, encode('GET', '/v1/records?limit=256'))
    assert.ok(atOnce)
    assert.equal(answer.json().records.length, 256)
  }))

test('few records with large values are a large page too', () =>
  Fixture.run(async (fixture) => {
    fill(fixture, 4, () => JSON.stringify('v'.repeat(200_000)), 'application/json')
    const { atOnce, first, answer } = await beside(fixture, encode('GET', '/v1/records'))
    assert.deepEqual([atOnce, first], [false, 'get'])
    assert.equal(answer.json().records[3].value.length, 200_000)
    const { atOnce: withoutValues } = await beside(fixture, encode('GET', '/v1/records?values=false'))
    assert.ok(withoutValues)
  }))

test('large answers tell of missing shards, and hold a token that is too long for a header', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher } = fixture
    const positions = Array.from({ length: 900 }, (_, i) => ({ shard: i + 1, history: 1, epoch: 1, index: 1 }))
    const keys = fill(fixture, 400, () => 'v', 'text/plain')
    dispatcher.positions = positions
    const http = await fixture.connect()
    const page = await http.call('GET', '/v1/records?limit=1000')
    assert.equal(page.headers.get('headgate-token'), undefined)
    assert.deepEqual([page.json().records.length, page.json().token.split('_').length], [keys.length, 900])
    dispatcher.answerWith = () => ({ kind: 'query', partial: rowsOf(400, String), positions })
    const query = await http.call('POST', '/v1/query', { body: '{"limit":400}' })
    assert.deepEqual([query.json().rows.length, query.json().token], [400, page.json().token])
  }))

async function ask(http: RawHttp, partial: QueryPartial, fixture: Fixture, body: object, headers = {}) {
  fixture.dispatcher.answerWith = () => ({ kind: 'query', partial, positions: [] })
  return await http.call('POST', '/v1/query', { body: JSON.stringify(body), headers })
}

test('many rows are made in slices, as an object and as lines', () =>
  Fixture.run(async (fixture) => {
    const partial = rowsOf(8_000, (i) => `{"n":${i},\n"text":"${'x'.repeat(100)}"}`)
    const body = '{"limit":8000}'
    for (const headers of [{}, lines]) {
      // Only the query is answered so: the other request finds nothing.
      fixture.dispatcher.answerWith = () => {
        fixture.dispatcher.answerWith = undefined
        return { kind: 'query', partial, positions: [] }
      }
      const { atOnce, first, answer } = await beside(fixture, encode('POST', '/v1/query', { body, headers }))
      assert.deepEqual([atOnce, first], [false, 'get'])
      const text = answer.text()
      if (headers === lines) {
        const all = text.trimEnd().split('\n')
        assert.deepEqual(JSON.parse(all.pop()!), { end: { count: 8_000 } })
        for (const [i, line] of all.entries()) assert.equal(JSON.parse(line).row.n, i)
        assert.equal(all.length, 8_000)
      } else {
        assert.ok(!text.trimEnd().includes('\n'), 'one line')
        assert.deepEqual(
          JSON.parse(text).rows.map(({ n }: { n: number }) => n),
          Array.from({ length: 8_000 }, (_, i) => i),
        )
      }
    }
  }))

test('rows are values as they are stored: numbers keep all their digits', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    for (const count of [1, 400]) {
      const answer = await ask(
        http,
        rowsOf(count, () => '{"n":12345678901234567890.10}'),
        fixture,
        { limit: 400 },
      )
      assert.equal(answer.text().split('{"n":12345678901234567890.10}').length - 1, count)
    }
  }))

test('many groups are made in slices, by their order', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const groups = Array.from({ length: 2_000 }, (_, i) => ({ by: [1_999 - i], numbers: [i], extremes: [] }))
    const body = { groupBy: ['g'], aggregate: { c: { count: '*' } } }
    const answer = await ask(http, { kind: 'groups', groups, bytes: 0 }, fixture, body)
    const shown = answer.json().groups
    assert.equal(shown.length, 2_000)
    for (const [i, group] of shown.entries()) assert.deepEqual(group, { group: { g: i }, values: { c: 1_999 - i } })
  }))

test('a reader of lines who leaves ends the work on them', () =>
  Fixture.run(async (fixture) => {
    const partial = rowsOf(10_000, () => JSON.stringify('z'.repeat(4_000)))
    fixture.dispatcher.answerWith = () => ({ kind: 'query', partial, positions: [] })
    const http = await fixture.connect()
    http.send(encode('POST', '/v1/query', { body: '{"limit":10000}', headers: lines }))
    await fixture.until(() => fixture.dispatcher.seen.length === 1)
    http.destroy()
    await fixture.until(() => fixture.requests.length === 1)
    assert.ok(fixture.ingress.output.bytesWritten < 30_000_000)
  }))
