import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fixture } from '../../../support/http-fixture.ts'

const evil = { Origin: 'http://evil.example' }
const writes: readonly [method: string, target: string, body: string][] = [
  ['PUT', '/v1/records/a', 'x'],
  ['DELETE', '/v1/records/a', ''],
  ['POST', '/v1/records', 'x'],
  ['POST', '/v1/batch', '{"ops":[{"op":"put","key":"owned","value":1}]}'],
  ['POST', '/v1/leases', '{"ttl":"30s"}'],
  ['POST', '/v1/query', '{}'],
]

test('a page of another origin can change nothing through a port that serves everyone', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const pages = [
      evil,
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', Origin: 'http://localhost:3000' },
      { ...evil, 'Sec-Fetch-Site': 'same-origin' },
    ]
    for (const page of pages) {
      for (const [method, target, body] of writes) {
        const headers = { Host: 'localhost:7400', 'Content-Type': 'text/plain', ...page }
        const answer = await http.call(method, target, { body, headers })
        assert.deepEqual([answer.status, answer.json().code], [403, 'forbidden'], `${method} ${target}`)
        assert.match(answer.json().detail, /other origins/)
      }
    }
    assert.equal(fixture.dispatcher.seen.length, 0)
  }))

test('programs, pages of the own origin, reads and whoever shows a token are served', () =>
  Fixture.run(async (fixture) => {
    const http = await fixture.connect()
    const own = { Host: 'localhost:7400', Origin: 'http://localhost:7400', 'Sec-Fetch-Site': 'same-origin' }
    for (const headers of [{}, own, { 'Sec-Fetch-Site': 'none' }, { ...evil, Authorization: 'Bearer writer' }]) {
      assert.equal((await http.call('POST', '/v1/records', { body: 'x', headers })).status, 201)
    }
    assert.equal((await http.call('GET', '/v1/records/a', { headers: evil })).status, 404)
    fixture.authenticator.anonymous = undefined
    fixture.authenticator.generation++
    assert.equal((await http.call('POST', '/v1/records', { body: 'x', headers: evil })).status, 401)
  }))

test('a loopback port that serves everyone is reached under its own names only', () =>
  Fixture.run(
    async (fixture) => {
      const http = await fixture.connect()
      const statusOf = async (headers: Record<string, string>) =>
        (await http.call('GET', '/v1/records/a', { headers })).status
      for (const host of ['localhost', 'LOCALHOST:7400', '127.0.0.1:7400', '[::1]:7400', '10.1.2.3', 'localhost']) {
        assert.equal(await statusOf({ Host: host }), 404, host)
        for (const strange of ['evil.example:7400', 'localhost.evil.example', 'localhos', 'x', '']) {
          assert.equal(await statusOf({ Host: strange }), 403, strange)
        }
      }
      assert.equal(await statusOf({ Host: 'evil.example', Authorization: 'Bearer reader' }), 404)
      const refused = await http.call('GET', '/v1/records/a', { headers: { Host: 'evil.example' } })
      assert.match(refused.json().detail, /not called evil\.example/)
      const old = await fixture.connect()
      old.send('GET /v1/records/a HTTP/1.0\r\n\r\n')
      assert.equal((await old.answer()).status, 404, 'no browser speaks like that')
    },
    {},
    { host: '127.0.0.1' },
  ))

test('beyond loopback any name will do, and a name that is listened on is one', async () => {
  for (const [host, called] of [
    ['0.0.0.0', 'db.internal'],
    ['localhost', 'localhost'],
  ] as const) {
    await Fixture.run(
      async (fixture) => {
        const http = await fixture.connect()
        assert.equal((await http.call('GET', '/v1/records/a', { headers: { Host: called } })).status, 404)
      },
      {},
      { host },
    )
  }
})
