import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { request } from 'undici'
import { adminConnections, createAdminServer } from '../../../src/admin/admin-server.ts'
import { decision } from '../../../src/telemetry/log.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openSettings, stub } from './stub-node.ts'

async function start(t: { after(clean: () => unknown): void }) {
  const runtime = new VirtualRuntime()
  const made = await stub(openSettings, runtime)
  const server = createAdminServer(made.deps)
  assert.equal(server.address, undefined)
  await server.listen()
  t.after(() => made.deps.telemetry.stop())
  t.after(() => server.close())
  return { ...made, runtime, server, url: `http://${server.address}` }
}

const keptCharacters = 100_000

/** A raw client of the event stream that gathers text (the end of it) until it has seen something. */
async function follow(port: number, headers: Readonly<Record<string, string>> = {}) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-keptCharacters)
  })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET /v1/events HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n`)
  const until = async (wanted: string) => {
    while (!text.includes(wanted)) await once(socket, 'data')
    return text
  }
  await until('retry: 2000')
  return { socket, until, text: () => text }
}

describe('admin server', () => {
  it('holds no more connections than the store can spare files', () => {
    assert.deepEqual([adminConnections(256), adminConnections(1_024), adminConnections(4)], [32, 128, 1])
    assert.deepEqual([adminConnections(65_536), adminConnections(Number.POSITIVE_INFINITY)], [256, 256])
  })

  it('listens, answers, counts its connections and closes', async (t) => {
    const { server, url } = await start(t)
    assert.match(server.address!, /^127\.0\.0\.1:\d+$/)
    const { statusCode, body } = await request(`${url}/v1/status`)
    assert.equal(statusCode, 200)
    assert.equal(((await body.json()) as { cluster: string }).cluster, 'shop')
    const reading = server.reading()
    assert.deepEqual([reading.listener, reading.address, reading.accepted], ['admin', server.address, 1])
    assert.ok(reading.bytesIn > 50 && reading.bytesOut > 200)
    await server.close()
    await server.close()
    await assert.rejects(request(`${url}/livez`))
  })

  it('streams decisions as they are made', async (t) => {
    const { server, deps, runtime } = await start(t)
    const { socket, until } = await follow(server.port!)
    decision(deps.log, 'drain-started', 'because\nof lines', { n: 1 })
    const text = await until('drain-started')
    assert.match(text, /content-type: text\/event-stream/i)
    assert.match(
      await until('"n":1'),
      /id: [0-9a-z]+-1\nevent: drain-started\ndata: \{"id":1,.*"why":"because\\nof lines"/,
    )
    runtime.advance(15_000)
    await until(': still here')
    socket.destroy()
  })

  it('resumes after the last event a client has seen, also over a restart of the node', async (t) => {
    const { server, deps } = await start(t)
    for (const what of ['one', 'two', 'three']) decision(deps.log, what, 'x')
    const fresh = await follow(server.port!)
    decision(deps.log, 'four', 'x')
    const id = /id: ([0-9a-z]+)-4\n/.exec(await fresh.until('event: four'))![1]!
    assert.doesNotMatch(fresh.text(), /event: (one|two|three)/)
    const resumed = await follow(server.port!, { 'Last-Event-ID': `${id}-2` })
    assert.doesNotMatch(await resumed.until('event: four'), /event: (one|two)\n/)
    assert.match(resumed.text(), /event: three\n/)
    for (const foreign of ['zzz-3', 'nonsense']) {
      const restarted = await follow(server.port!, { 'Last-Event-ID': foreign })
      assert.match(await restarted.until('event: four'), /event: one\n/)
      restarted.socket.destroy()
    }
    fresh.socket.destroy()
    resumed.socket.destroy()
  })

  it('cuts off a client that does not read, and keeps the others', async (t) => {
    const { server, deps } = await start(t)
    const slow = await follow(server.port!)
    const quick = await follow(server.port!)
    slow.socket.pause()
    slow.socket.on('error', () => undefined)
    let sent = 0
    while (server.reading().open > 1) {
      assert.ok(sent < 1000, 'a client that does not read is held for ever')
      decision(deps.log, `e${++sent}`, 'x'.repeat(60_000))
      await quick.until(`event: e${sent}\n`)
    }
    assert.ok(sent > 5, 'a pause is no offence')
    decision(deps.log, 'afterwards', 'x')
    await quick.until('event: afterwards\n')
    slow.socket.destroy()
    quick.socket.destroy()
  })

  it('bounds the number of followers, and gives places back', async (t) => {
    const { server, url } = await start(t)
    const followers = await Promise.all(Array.from({ length: 32 }, () => follow(server.port!)))
    const refused = await request(`${url}/v1/events`)
    assert.equal(refused.statusCode, 503)
    assert.ok(Number(refused.headers['retry-after']) > 0)
    await refused.body.dump()
    for (const { socket } of followers) socket.destroy()
    while (server.reading().open > 1) await new Promise((resolve) => setImmediate(resolve))
    const again = await follow(server.port!)
    again.socket.destroy()
  })

  it('ends streams when it closes', async (t) => {
    const { server } = await start(t)
    const { socket } = await follow(server.port!)
    const ended = once(socket, 'close')
    await server.close()
    await ended
  })

  it('answers what is not HTTP with a problem and closes', async (t) => {
    const { server } = await start(t)
    const broken: Record<string, [status: number, code: string]> = {
      'GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n': [400, 'malformed'],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`]: [431, 'headers-too-large'],
      'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n': [400, 'malformed'],
    }
    for (const [text, [status, code]] of Object.entries(broken)) {
      const socket = connect(server.port!, '127.0.0.1')
      let answer = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk
      })
      socket.write(text)
      await once(socket, 'close')
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
      assert.equal(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).code, code)
    }
  })
})
