import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Script } from 'node:vm'
import type { InjectOptions } from 'fastify'
import { buildApp } from '../../../src/admin/app.ts'
import { EventStreams } from '../../../src/admin/event-stream.ts'
import type { AdminSettings } from '../../../src/admin/node-view.ts'
import { GatewayError } from '../../../src/errors.ts'
import { seriesOf } from '../../../src/telemetry/operation-class.ts'
import { closedSettings, openSettings, stub } from './stub-node.ts'

async function start(settings: AdminSettings = openSettings) {
  const made = await stub(settings)
  const streams = new EventStreams(made.deps.log.events, made.deps.runtime.timers, 'x')
  const app = await buildApp(made.deps, streams)
  const ask = async (url: string, options: InjectOptions = {}) => {
    const answer = await app.inject({ url, ...options, headers: { host: 'localhost:7402', ...options.headers } })
    if (/json/.test(String(answer.headers['content-type']))) assert.match(answer.body, /^[^\n]+\n$/)
    const json = /json/.test(String(answer.headers['content-type'])) ? JSON.parse(answer.body) : undefined
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, json }
  }
  return {
    ...made,
    made,
    app,
    ask,
    post: (url: string, options: InjectOptions = {}) => ask(url, { ...options, method: 'POST' }),
  }
}

type Started = Awaited<ReturnType<typeof start>>

/** One server for a group of tests. */
function serving(settings?: AdminSettings): () => Started {
  let started: Started
  before(async () => {
    started = await start(settings)
  })
  after(async () => {
    started.deps.telemetry.stop()
    await started.app.close()
  })
  return () => started
}

describe('admin: health', () => {
  const server = serving()

  it('answers for every phase of a life', async () => {
    const { ask, health, node } = server()
    const all = async () => {
      const paths = ['/livez', '/startupz', '/readyz', '/leader', '/leader?shard=2', '/replica?lag=2s', '/standby']
      return await Promise.all(paths.map(async (path) => (await ask(path)).status))
    }
    assert.deepEqual(await all(), [200, 503, 503, 503, 503, 503, 503])
    health.enter('ready', 'recovered')
    assert.deepEqual(await all(), [200, 200, 200, 200, 200, 200, 503])
    node.impediments.push('the disk is full')
    assert.deepEqual(await all(), [200, 200, 503, 503, 503, 503, 503])
    assert.equal((await ask('/readyz')).body, 'the disk is full\n')
    node.impediments.pop()
    health.enter('draining', 'SIGTERM')
    assert.deepEqual(await all(), [200, 200, 503, 503, 503, 503, 503])
    assert.equal((await ask('/readyz')).body, 'draining: SIGTERM\n')
  })

  it('does not care about Host and refuses what makes no sense', async () => {
    const { ask } = server()
    assert.equal((await ask('/livez', { headers: { host: 'evil.test' } })).status, 200)
    assert.equal((await ask('/leader?shard=9')).json.code, 'route-not-found')
    for (const url of ['/leader?shard=x', '/replica?lag=fast', '/leader?shrad=1', '/leader?shard=1&shard=2']) {
      assert.equal((await ask(url)).json.code, 'bad-parameter', url)
    }
  })
})

describe('admin: a shard led elsewhere', () => {
  const server = serving()

  it('is neither led nor replicated here', async () => {
    const { ask, health, node } = server()
    health.enter('ready', 'recovered')
    const topology = node.topology!
    const elsewhere = { ...topology.shards[1]!, leader: 'n2', inSync: [{ node: 'n2', disk: null }] }
    node.topology = { ...topology, shards: [topology.shards[0]!, elsewhere] }
    assert.equal((await ask('/leader?shard=1')).status, 200)
    assert.equal((await ask('/leader?shard=2')).body, 'shard 2 is led by n2\n')
    assert.equal((await ask('/leader')).status, 503)
    assert.equal((await ask('/replica?shard=2')).status, 503)
  })
})

describe('admin: reading', () => {
  const server = serving()

  it('shows the status', async () => {
    const { ask, deps } = server()
    const read = seriesOf('http', 'read')
    deps.telemetry.answered(read, 2, 10)
    deps.telemetry.executed('read', 0.5, 1.5)
    deps.telemetry.executed('write', 7, 7)
    deps.telemetry.failed(read, new GatewayError('overloaded', 'full', { reason: 'queue-full' }))
    const { json } = await ask('/v1/status')
    assert.deepEqual([json.cluster, json.node.id, json.ready, json.draining], ['shop', 'n1', false, false])
    assert.equal(json.node.startedAt, '2030-01-01T00:00:01.000Z')
    assert.deepEqual(
      json.shards.map((shard: { buckets: unknown }) => shard.buckets),
      [[[1, 500]], [[501, 1000]]],
    )
    const { inFlight, queued, epoch, history, leader, records } = json.shards[0]
    assert.deepEqual(
      { inFlight, queued, epoch, history, leader, records },
      {
        inFlight: 4,
        queued: 6,
        epoch: 1,
        history: '0',
        leader: 'n1',
        records: { count: 7, exact: true },
      },
    )
    assert.deepEqual(json.requests.byOutcome, { ok: 10, overloaded: 1 })
    assert.equal(json.requests.total, 11)
    assert.deepEqual(json.shed, { 'queue-full': 1 })
    assert.equal(json.latency.length, 1)
    assert.deepEqual(
      [json.latency[0].operation, json.latency[0].count, json.latency[0].sinceStart.count],
      ['read', 10, 10],
    )
    const { p50Ms, queueP99Ms, storeP99Ms } = json.latency[0]
    const near = (actual: number, expected: number) => Math.abs(actual - expected) <= expected * 0.01
    assert.ok(near(p50Ms, 2) && near(queueP99Ms, 0.5) && near(storeP99Ms, 1.5), `${p50Ms} ${queueP99Ms} ${storeP99Ms}`)
    assert.deepEqual(json.listeners, [{ name: 'http', address: '127.0.0.1:7400', connections: 3 }])
    assert.deepEqual(json.warnings[0], 'one node is unprotected')
  })

  it('does not take what was never sampled for nothing', async () => {
    const { ask, deps } = server()
    deps.telemetry.answered(seriesOf('http', 'scan'), 2, 1)
    const { latency } = (await ask('/v1/status')).json
    const { queueP99Ms, storeP99Ms, p99Ms } = latency.find((row: { operation: string }) => row.operation === 'scan')
    assert.deepEqual([queueP99Ms, storeP99Ms], [null, null])
    assert.ok(p99Ms > 0)
  })

  it('shows topology, nodes, signals and metrics, and never the secret', async () => {
    const { ask } = server()
    const topology = await ask('/v1/topology')
    assert.deepEqual(
      [topology.json.clusterId, topology.json.shards.length, topology.json.revision],
      ['ab'.repeat(16), 2, 42],
    )
    assert.doesNotMatch(topology.body, /secret|5e5e|"94"|94,94/i)
    const { nodes } = (await ask('/v1/nodes')).json
    assert.deepEqual([nodes[0].id, nodes[0].addresses], ['n1', { http: '127.0.0.1:7400' }])
    assert.deepEqual((await ask('/v1/signals')).json.signals, [])
    const metrics = await ask('/metrics')
    assert.match(String(metrics.headers['content-type']), /^text\/plain; version=0\.0\.4/)
    assert.match(metrics.body, /^headgate_ready 0$/m)
  })

  it('hands keys to explain as bytes, in their order, + being literal', async () => {
    const { ask, node } = server()
    const { status, json } = await ask('/v1/explain?op=read&key=a+b%20c&keyBase64=%2Fw%3D%3D&key=%FF')
    assert.deepEqual([status, json.operation], [200, 'read'])
    assert.deepEqual(node.explained.at(-1), { operation: 'read', keys: ['a+b c', '\u00ff', '\u00ff'] })
    assert.equal((await ask('/v1/explain?op=query')).status, 200)
    assert.equal((await ask('/v1/explain?op=scan&key=%7Bx%7D')).status, 200)
    assert.deepEqual(node.explained.at(-1), { operation: 'scan', keys: ['{x}'] })
    const wrong: Record<string, string> = {
      '/v1/explain?op=read': 'bad-parameter',
      '/v1/explain?op=count&key=a&key=b': 'bad-parameter',
      '/v1/explain?op=fly&key=a': 'bad-parameter',
      '/v1/explain?key=a': 'bad-parameter',
      '/v1/explain?op=read&key=': 'bad-key',
      '/v1/explain?op=read&keyBase64=!': 'bad-key',
      '/v1/explain?op=read&key=%zz': 'malformed',
      [`/v1/explain?op=read&key=${'a'.repeat(1025)}`]: 'bad-key',
      [`/v1/explain?op=read${'&key=a'.repeat(101)}`]: 'too-large',
      '/v1/status?verbose=1': 'bad-parameter',
    }
    for (const [url, code] of Object.entries(wrong)) assert.equal((await ask(url)).json.code, code, url)
    node.explain = () => {
      throw new GatewayError('cross-shard', 'two shards')
    }
    assert.equal((await ask('/v1/explain?op=write&key=a')).json.code, 'cross-shard')
  })

  it('answers problems for what is not there, and hides its own faults', async () => {
    const { ask, post, node, lines } = server()
    const missing = await ask('/v1/nothing')
    assert.deepEqual([missing.status, missing.json.type], [404, 'urn:headgate:error:route-not-found'])
    assert.match(String(missing.headers['content-type']), /^application\/problem\+json/)
    const wrong = await post('/v1/status')
    assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'GET'])
    assert.equal((await ask('/v1/drain')).headers['allow'], 'POST')
    node.explain = () => {
      throw new TypeError('x is undefined, password=hunter2')
    }
    const fault = await ask('/v1/explain?op=read&key=a')
    assert.deepEqual([fault.status, fault.json.code], [500, 'internal'])
    assert.doesNotMatch(fault.body, /hunter2/)
    assert.equal(lines.filter((line) => line['level'] === 'error').length, 1)
  })

  it('knows no topology before it was read', async () => {
    const { ask, node, health } = server()
    node.topology = undefined
    assert.equal((await ask('/v1/topology')).json.code, 'unavailable')
    assert.deepEqual((await ask('/v1/status')).json.shards, [])
    assert.equal(health.state.phase, 'starting')
    assert.equal((await ask('/leader?shard=1')).status, 503)
  })

  it('serves a page that runs nothing but its own script', async () => {
    const { ask } = server()
    const { status, headers, body } = await ask('/')
    assert.equal(status, 200)
    assert.match(body, /color-scheme: light dark/)
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*script-src 'sha256-/)
    assert.doesNotMatch(body, /https?:\/\//, 'nothing is loaded from elsewhere')
    const script = /<script>(.*)<\/script>/s.exec(body)![1]!
    assert.doesNotThrow(() => new Script(script))
    const hash = createHash('sha256').update(script).digest('base64')
    assert.ok(String(headers['content-security-policy']).includes(hash), 'the policy lets the script run')
    for (const id of script.matchAll(/\$\('(\w+)'\)/g)) assert.match(body, new RegExp(`id="${id[1]}"`))
  })
})

describe('admin: control', () => {
  it('drains when told to, once, and says what a drain would meet', async (t) => {
    const { app, post, drains, deps, lines } = await start()
    t.after(() => app.close())
    t.after(() => deps.telemetry.stop())
    const dry = await post('/v1/drain?dryRun=true')
    assert.deepEqual(
      [dry.status, dry.json],
      [200, { dryRun: true, phase: 'starting', already: false, inFlight: 10, connections: 3 }],
    )
    assert.deepEqual(drains, [])
    for (const url of ['/v1/drain?dry-run=true', '/v1/drain?dryRun=yes']) {
      assert.equal((await post(url)).json.code, 'bad-parameter', 'a mistyped question is no deed')
    }
    assert.deepEqual(drains, [])
    assert.deepEqual((await post('/v1/drain')).json.phase, 'draining')
    assert.deepEqual((await post('/v1/drain')).json.already, true)
    assert.equal(drains.length, 1)
    const decided = lines.filter((line) => line['decision'] === 'drain-requested')
    assert.deepEqual(
      decided.map((line) => line['client']),
      ['anonymous'],
    )
  })

  it('reloads, or says why the file is refused', async (t) => {
    const { app, post, reloads, made, deps } = await start()
    t.after(() => app.close())
    t.after(() => deps.telemetry.stop())
    made.report = { applied: ['log.level'], needsRestart: ['listen.http.port'], fixed: ['cluster'], problems: [] }
    const report = { applied: ['log.level'], needsRestart: ['listen.http.port'], fixed: ['cluster'] }
    assert.deepEqual((await post('/v1/reload?dryRun=true')).json, { dryRun: true, ...report })
    assert.equal(deps.log.events.after(0).length, 0)
    assert.deepEqual((await post('/v1/reload')).json, { dryRun: false, ...report })
    assert.deepEqual(
      deps.log.events.after(0).map((event) => event.what),
      ['reloaded'],
    )
    assert.deepEqual(reloads, [true, false])
    made.report = { applied: [], needsRestart: [], fixed: [], problems: ['line 3: no such key'] }
    const refused = await post('/v1/reload')
    assert.deepEqual([refused.status, refused.json.problems], [400, ['line 3: no such key']])
    assert.equal(deps.log.events.after(0).length, 1)
  })

  it('is honest about what one node cannot do', async (t) => {
    const { app, post, deps } = await start()
    t.after(() => app.close())
    t.after(() => deps.telemetry.stop())
    for (const operation of ['switch', 'failover', 'split', 'merge']) {
      const payload = JSON.stringify({ shard: 1 })
      const { status, json } = await post(`/v1/${operation}`, {
        payload,
        headers: { 'content-type': 'application/json' },
      })
      assert.deepEqual([status, json.code, json.retryable], [501, 'not-implemented', false])
      assert.match(json.detail, /Mach I/)
    }
  })

  it('takes JSON bodies of a sensible size, or none', async (t) => {
    const { app, post, deps } = await start()
    t.after(() => app.close())
    t.after(() => deps.telemetry.stop())
    const json = { 'content-type': 'application/json' }
    const url = '/v1/drain?dryRun=true'
    assert.equal((await post(url, { payload: '', headers: json })).status, 200)
    assert.equal((await post(url, { payload: '{', headers: json })).json.code, 'malformed')
    assert.equal((await post(url, { payload: 'x', headers: { 'content-type': 'text/plain' } })).json.code, 'malformed')
    assert.equal((await post(url, { payload: `"${'x'.repeat(70_000)}"`, headers: json })).json.code, 'too-large')
  })
})

describe('admin: the door', () => {
  const open = serving()
  const closed = serving(closedSettings)
  const token = (value: string) => ({ headers: { authorization: `Bearer ${value}` } })

  it('keeps a foreign page from a loopback port', async () => {
    const { ask, post, drains } = open()
    for (const host of ['evil.test', 'localhost.evil.test:7402']) {
      assert.equal((await ask('/v1/status', { headers: { host } })).json.code, 'forbidden', host)
    }
    const foreign: Record<string, string>[] = [
      { origin: 'http://evil.test' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign) assert.equal((await post('/v1/drain', { headers })).json.code, 'forbidden')
    assert.deepEqual(drains, [])
    assert.equal((await post('/v1/drain?dryRun=true', { headers: { origin: 'http://localhost:7402' } })).status, 200)
  })

  it('asks for the token of an admin as soon as there are clients, except for health', async () => {
    const { ask, post, drains } = closed()
    for (const path of [
      '/v1/status',
      '/v1/topology',
      '/v1/nodes',
      '/v1/signals',
      '/v1/explain',
      '/metrics',
      '/v1/events',
      '/none',
    ]) {
      const refused = await ask(path)
      assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer realm="headgate"'], path)
      assert.equal((await ask(path, token('tok-app'))).json.code, 'forbidden', path)
    }
    for (const path of ['/v1/drain', '/v1/reload', '/v1/switch']) assert.equal((await post(path)).status, 401, path)
    assert.deepEqual(drains, [])
    assert.equal((await ask('/v1/status', token('tok-ops'))).status, 200)
    assert.equal((await ask('/livez')).status, 200)
    assert.equal((await ask('/')).status, 200)
  })

  it('stops listening to an address that guesses tokens, without shutting others out', async () => {
    const { ask, deps } = closed()
    const guess = (value: string) => ask('/v1/status', { ...token(value), remoteAddress: '192.0.2.7' })
    const statuses: number[] = []
    for (let i = 0; i < 25; i++) statuses.push((await guess(`guess-${i}`)).status)
    assert.deepEqual(statuses, [...Array(20).fill(401), ...Array(5).fill(429)])
    const blocked = await guess('tok-ops')
    assert.equal(blocked.status, 429, 'not even the right guess is answered')
    assert.ok(Number(blocked.headers['retry-after']) > 0)
    assert.equal((await ask('/v1/status', { ...token('tok-ops'), remoteAddress: '192.0.2.8' })).status, 200)
    const decided = deps.log.events.after(0).filter((event) => event.what === 'admin-tokens-guessed')
    assert.equal(decided.length, 1, 'one line for an attack, not one for each guess')
  })

  it('never locks the operator of the machine out', async () => {
    const { ask } = closed()
    for (let i = 0; i < 25; i++) await ask('/v1/status', token(`guess-${i}`))
    assert.equal((await ask('/v1/status', token('nonsense'))).status, 429)
    assert.equal((await ask('/v1/status', token('tok-ops'))).status, 200)
  })
})
