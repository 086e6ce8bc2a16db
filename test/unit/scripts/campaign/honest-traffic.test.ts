import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { type HonestReport, HonestTraffic } from '../../../../scripts/campaign/abuse/honest-traffic.ts'
import { toyHttp, toyResp } from '../../loadgen/toy-servers.ts'

const perSecond = 500
/** Enough to come round to the first keys again. */
const enough = 300

type Kind = 'get' | 'set'
/** What the store says: a value (or nothing), or how it fails. */
type Store = (
  kind: Kind,
  key: string,
  records: Map<string, string>,
  asked: number,
) => string | undefined | 'shed' | 'silent'

const honest: Store = (_, key, records) => records.get(key)

/** What honest clients see of a store that is asked `enough` requests. */
async function seenOf(t: TestContext, store: Store): Promise<HonestReport> {
  let asked = 0
  let reached: () => void = () => undefined
  const done = new Promise<void>((resolve) => {
    reached = resolve
  })
  const records = new Map<string, string>()
  const ask = (kind: Kind, key: string, value: string) => {
    if (++asked === enough) reached()
    if (kind === 'set') records.set(key, value)
    return store(kind, key, records, asked)
  }
  const http = await toyHttp(async (request, response) => {
    const kind = request.method === 'PUT' ? 'set' : 'get'
    const said = ask(kind, request.url!.slice('/v1/records/'.length), await bodyOf(request))
    if (said === 'silent') return
    if (said === 'shed') response.writeHead(503, { 'Content-Length': 19 }).end('{"reason":"backlog"')
    else if (kind === 'set') response.writeHead(204).end()
    else response.writeHead(said === undefined ? 404 : 200, { 'Content-Length': said?.length ?? 0 }).end(said)
  })
  const resp = await toyResp(([name, key = '', value = '']) => {
    const said = ask(name === 'SET' ? 'set' : 'get', key, value)
    if (said === 'silent') return undefined
    if (said === 'shed') return '-OVERLOADED reason=backlog\r\n'
    if (name === 'SET') return '+OK\r\n'
    return said === undefined ? '$-1\r\n' : `$${said.length}\r\n${said}\r\n`
  })
  t.after(() => Promise.all([http.close(), resp.close()]))
  const at = (port: number) => ({ host: '127.0.0.1', port })
  const traffic = new HonestTraffic({ http: at(http.port), resp: at(resp.port), admin: at(0) }, '127.0.0.1', perSecond)
  await traffic.start()
  await done
  return traffic.stop()
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('latin1')) body += chunk
  return body
}

describe('honest traffic', () => {
  test('against a store that does what it should', async (t) => {
    const report = await seenOf(t, honest)
    assert.equal(report.successRate, 1)
    assert.ok(report.sent >= enough)
    assert.deepEqual([report.failures, report.problems], [{}, []])
  })

  test('sees values that are wrong', async (t) => {
    const report = await seenOf(t, (kind, key, records) =>
      kind === 'get' ? records.get(key)?.replace('h', 'H') : undefined,
    )
    assert.ok(report.successRate < 1)
    assert.ok(report.problems.some((each) => each.startsWith('wrong answer to /v1/records/honest:')))
    assert.ok(report.problems.some((each) => each.startsWith('wrong answer to GET honest:')))
  })

  test('sees values that are gone', async (t) => {
    const report = await seenOf(t, () => undefined)
    assert.ok(report.problems.some((each) => /^wrong answer to \/v1\/records\/honest:\d+: 404/.test(each)))
    assert.ok(report.problems.some((each) => /^wrong answer to GET honest:\d+: null/.test(each)))
  })

  test('counts what is shed as failed, on both ports', async (t) => {
    const report = await seenOf(t, (kind, key, records, asked) =>
      asked % 3 === 0 ? 'shed' : honest(kind, key, records, asked),
    )
    assert.ok(report.successRate < 0.75 && report.successRate > 0.4, `${report.successRate}`)
    assert.deepEqual(Object.keys(report.failures).sort(), ['HTTP 503 backlog', 'OVERLOADED reason=backlog'])
  })

  test('counts what is never answered as failed, with the time it waited', async (t) => {
    const report = await seenOf(t, (kind) => (kind === 'get' ? 'silent' : undefined))
    assert.ok(report.successRate < 0.75, `${report.successRate}`)
    assert.ok((report.failures['no answer for 1000 ms'] ?? 0) >= enough / 4)
    assert.ok(report.p99Ms >= 900, `${report.p99Ms}`)
  })
})
