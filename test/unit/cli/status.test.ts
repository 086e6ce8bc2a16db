import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Status } from '../../../src/admin/status-shape.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { statusText } from '../../../src/cli/status-text.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { temporaryFolder } from '../config/loading.ts'
import { adminServer, answerJson, CapturedIo, cli } from './captured-cli.ts'

const shard = {
  id: 1,
  buckets: [[1, 500]] as const,
  epoch: 3,
  history: 'h1',
  leader: 'n1',
  commitIndex: 12_345,
  appliedIndex: 12_300,
  flushedIndex: 12_000,
  backlogBytes: 2048,
  backlogEntries: 45,
  records: { count: 1000, exact: true },
  sizeBytes: 5 * 1024 ** 2,
  inFlight: 2,
  queued: 0,
}

const sample: Status = {
  cluster: 'shop',
  node: {
    id: 'n1',
    grade: 2,
    roles: ['writer', 'reader', 'manager'],
    version: '0.1.0',
    startedAt: '2030-01-01T00:00:00.000Z',
    uptimeSeconds: 192,
    pid: 42,
  },
  ready: true,
  draining: false,
  shards: [shard, { ...shard, id: 2, buckets: [[501, 1000]], leader: null, records: { count: 999, exact: false } }],
  listeners: [{ name: 'http', address: '127.0.0.1:7400', connections: 3 }],
  requests: {
    perSecond: 1500,
    readsPerSecond: 1200,
    writesPerSecond: 300,
    total: 20_000,
    byOutcome: { ok: 19_000, 'not-found': 1000, deadline: 0 },
  },
  latency: [
    { operation: 'read', count: 900, p50Ms: 0.214, p99Ms: 3.5, maxMs: 1200, queueP99Ms: 0.02, storeP99Ms: 1.1 },
    { operation: 'scan', count: 9, p50Ms: 2, p99Ms: 3, maxMs: 4, queueP99Ms: null, storeP99Ms: null },
  ],
  shed: { 'queue-full': 7 },
  memory: { rssBytes: 123 * 1024 ** 2, heapUsedBytes: 45 * 1024 ** 2 },
  coordination: { kind: 'embedded', ok: true, revision: 12 },
  warnings: ['one copy of the data: unprotected'],
}

const expected = `shop · n1 · grade 2 · writer, reader, manager · ready · up 3m 12s · Headgate 0.1.0, pid 42

SHARD  BUCKETS   LEADER  EPOCH  COMMITTED  APPLIED  FLUSHED   BACKLOG  RECORDS      SIZE  RUNNING  QUEUED
    1  1-500     n1          3     12,345   12,300   12,000  2.00 KiB    1,000  5.00 MiB        2       0
    2  501-1000  none        3     12,345   12,300   12,000  2.00 KiB     ~999  5.00 MiB        2       0

requests      1,500/s (1,200 reads, 300 writes), 20,000 since the start
ended with    ok 19,000, not-found 1,000
shed          queue-full 7

LAST MINUTE  COUNT       P50      P99      MAX  QUEUE P99  STORE P99
read           900  0.214 ms  3.50 ms   1.20 s   0.020 ms    1.10 ms
scan             9   2.00 ms  3.00 ms  4.00 ms          -          -

connections   http 127.0.0.1:7400 (3)
memory        123 MiB, of which heap 45.0 MiB
coordination  embedded, ok, revision 12

warning: one copy of the data: unprotected
`

describe('headgate status', () => {
  test('draws the answer of the admin port', async (t) => {
    const { url, asked } = await adminServer(t, (_, response) => answerJson(response, 200, sample))
    const { code, out, err } = await cli(['status', '--admin', url])
    assert.deepEqual([code, err], [exitCodes.ok, ''])
    assert.deepEqual(asked, ['/v1/status'])
    assert.equal(out, expected)
  })

  test('a fresh node has few lines', () => {
    const fresh = { ...sample, latency: [], shed: {}, warnings: [], shards: [], ready: false }
    const text = statusText({ ...fresh, requests: { ...sample.requests, byOutcome: {} } })
    assert.match(text, /NOT READY/)
    assert.match(text, /ended with {4}none\nshed {10}none/)
    assert.match(statusText({ ...sample, draining: true }), /· draining ·/)
  })

  test('--json is the answer as it came', async (t) => {
    const { url } = await adminServer(t, (_, response) => answerJson(response, 200, { ...sample, more: 1 }))
    assert.deepEqual(JSON.parse((await cli(['status', '--json', '--admin', url])).out), { ...sample, more: 1 })
  })

  test('--watch looks again and again, survives an absence, ends with a signal', async (t) => {
    let answers = 0
    const { url } = await adminServer(t, (request, response) => {
      answers++
      if (answers === 2) request.socket.destroy()
      else answerJson(response, 200, { ...sample, cluster: `look-${answers}` })
    })
    const runtime = new VirtualRuntime()
    const io = new CapturedIo(runtime)
    const ended = cli(['status', '--watch', '--interval', '10s', '--admin', url], io)
    await io.until(/look-1/)
    while (runtime.pending === 0) await new Promise((resolve) => setImmediate(resolve))
    runtime.advance(9999)
    assert.equal(answers, 1)
    runtime.advance(1)
    await io.until(/cannot be reached/)
    while (runtime.pending === 0) await new Promise((resolve) => setImmediate(resolve))
    runtime.advance(10_000)
    await io.until(/look-3/)
    while (io.listening === 0) await new Promise((resolve) => setImmediate(resolve))
    io.signal('SIGINT')
    assert.equal((await ended).code, exitCodes.ok)
    assert.equal(runtime.pending, 0)
  })

  test('sends the token of the file', async (t) => {
    const file = join(temporaryFolder(t), 'token')
    writeFileSync(file, 'abc\n')
    let seen: string | undefined
    const { url } = await adminServer(t, (request, response) => {
      seen = request.headers.authorization
      answerJson(response, 200, sample)
    })
    await cli(['status', '--admin', url, '--token-file', file])
    assert.equal(seen, 'Bearer abc')
  })
})

describe('an admin port that does not answer as hoped', () => {
  test('nobody there', async () => {
    const { code, err } = await cli(['status', '--admin', 'http://127.0.0.1:1'])
    assert.equal(code, exitCodes.unreachable)
    assert.match(err, /^error: nothing answers at http:\/\/127\.0\.0\.1:1; is Headgate running\?/)
  })

  test('a token is needed', async (t) => {
    const { url } = await adminServer(t, (_, response) => answerJson(response, 401, { code: 'unauthenticated' }))
    const { code, err } = await cli(['status', '--admin', url])
    assert.equal(code, exitCodes.failed)
    assert.match(err, /refused: unauthenticated\. give a token of a client with the role admin: --token-file FILE/)
  })

  test('a problem is shown', async (t) => {
    const { url } = await adminServer(t, (_, response) =>
      answerJson(response, 400, { code: 'bad-key', detail: 'The key is empty.' }),
    )
    const { code, err } = await cli(['explain', 'read', 'x', '--admin', url])
    assert.deepEqual([code, err], [exitCodes.failed, 'error: bad-key: The key is empty.\n'])
  })

  test('a data port, over HTTP or Redis', async (t) => {
    const http = await adminServer(t, (_, response) => answerJson(response, 404, { code: 'route-not-found' }))
    const redis = createServer((socket) => socket.once('data', () => socket.end('-ERR unknown command\r\n')))
    const silent = createServer((socket) => socket.once('data', () => socket.destroy()))
    for (const server of [redis, silent]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      t.after(() => server.close())
    }
    const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const cases = [
      [http.url, exitCodes.failed, 'that is not an admin port: '],
      [urlOf(redis), exitCodes.unreachable, 'that is not an admin port: '],
      [urlOf(silent), exitCodes.unreachable, 'it closed the connection, as what is not an admin port does'],
    ] as const
    for (const [url, expected, says] of cases) {
      const { code, err } = await cli(['status', '--admin', url])
      assert.equal(code, expected)
      assert.ok(err.includes(says) && err.includes(url) && err.includes('7402 unless configured'), err)
    }
  })

  test('another program', async (t) => {
    const { url } = await adminServer(t, (_, response) => response.end('<html>'))
    const { code, err } = await cli(['status', '--admin', url])
    assert.equal(code, exitCodes.failed)
    assert.match(err, /answered 200, and not as expected; is it the admin port of a Headgate\?/)
  })
})
