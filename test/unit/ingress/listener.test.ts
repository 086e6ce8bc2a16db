import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { type ConnectionLimitSettings, ConnectionLimits } from '../../../src/ingress/connection-limits.ts'
import { onChunk } from '../../../src/ingress/input.ts'
import { LateClients } from '../../../src/ingress/late-clients.ts'
import {
  type Connection,
  type ConnectionOrigin,
  createListener,
  type ListenerSettings,
} from '../../../src/ingress/listener.ts'
import { Outbox } from '../../../src/ingress/outbox.ts'
import { OutputPool } from '../../../src/ingress/output-pool.ts'
import { systemRuntime } from '../../../src/runtime/runtime.ts'
import type { Timers } from '../../../src/runtime/timers.ts'

class Echo implements Connection {
  readonly socket: Socket
  readonly origin: ConnectionOrigin
  readonly late: LateClients
  swept: number[] = []
  isClosed = false
  finished = false

  constructor(socket: Socket, origin: ConnectionOrigin) {
    this.socket = socket
    this.origin = origin
    const limits = { softBytes: 1 << 20, hardBytes: 1 << 23 }
    this.late = new LateClients(limits.hardBytes, 1 << 24)
    const outbox = new Outbox(new OutputPool(systemRuntime.timers, limits, this.late), socket)
    onChunk(socket, (bytes) => {
      outbox.bytes(bytes)
      outbox.flush()
    })
    socket.on('end', () => socket.end())
  }

  sweep(nowMs: number): void {
    this.swept.push(nowMs)
  }

  finish(): void {
    this.finished = true
  }

  closed(): void {
    this.isClosed = true
  }
}

async function setUp(limits: Partial<ConnectionLimitSettings> = {}, settings: Partial<ListenerSettings> = {}) {
  const connections: Echo[] = []
  const events: string[] = []
  const periodic: (() => void)[] = []
  const delayed: (() => void)[] = []
  const timers: Timers = {
    every: (_periodMs, task) => {
      periodic.push(task)
      return { cancel: () => periodic.splice(periodic.indexOf(task), 1) }
    },
    after: (_delayMs, task) => {
      delayed.push(task)
      return { cancel: () => delayed.splice(delayed.indexOf(task), 1) }
    },
    soon: systemRuntime.timers.soon,
  }
  const listener = createListener(
    { host: '127.0.0.1', port: 0, ...settings },
    {
      clock: systemRuntime.clock,
      timers,
      limits: new ConnectionLimits(
        { maxConnections: 10, maxConnectionsPerIp: 10, trustedAddresses: [], ...limits },
        systemRuntime.clock,
      ),
      lastWord: (refusal) => Buffer.from(`refused: ${refusal}`),
      onArrival: () => events.push('somebody came'),
      onRefused: (refusal, address) => events.push(`${refusal} ${address}`),
    },
    (socket, origin) => {
      const connection = new Echo(socket, origin)
      connections.push(connection)
      return connection
    },
  )
  const port = await listener.listen()
  return { listener, port, connections, events, periodic, delayed }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return bytes.toString()
}

test('a connection is served, swept and given back', async () => {
  const { listener, port, connections, periodic } = await setUp()
  const client = await open(port)
  assert.equal(await ask(client, 'hello'), 'hello')
  const connection = connections[0]!
  assert.equal(connection.origin.address, '127.0.0.1')
  assert.equal(connection.origin.gone, false)
  assert.equal(listener.open, 1)
  periodic[0]!()
  assert.equal(connection.swept.length, 1)
  const closed = once(connection.socket, 'close')
  client.end()
  await closed
  assert.equal(connection.origin.gone, true)
  assert.equal(connection.isClosed, true)
  assert.equal(listener.open, 0)
  await listener.close(1000)
  assert.equal(periodic.length, 0, 'the sweep ends with the listener')
})

test('many connections are swept a few in each turn, each of them once', async () => {
  const { listener, port, connections, periodic } = await setUp({ maxConnections: 100, maxConnectionsPerIp: 100 })
  const clients = await Promise.all(Array.from({ length: 100 }, () => open(port)))
  await Promise.all(clients.map((client) => ask(client, 'hello')))
  const sweptNow = (): number => connections.filter(({ swept }) => swept.length > 0).length
  periodic[0]!()
  const first = sweptNow()
  assert.ok(first > 0 && first < 50, `${first} at once`)
  periodic[0]!()
  assert.equal(sweptNow(), first, 'a sweep under way is not begun again')
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(connections.every(({ swept }) => swept.length === 1))
  for (const client of clients) client.destroy()
  await listener.close(1000)
})

test('a refused client gets the last word and is disconnected', async () => {
  const { listener, port, events } = await setUp({ maxConnectionsPerIp: 1 })
  const first = await open(port)
  await ask(first, 'x')
  const second = await open(port)
  const [word] = (await once(second, 'data')) as [Buffer]
  assert.equal(word.toString(), 'refused: per-address')
  await once(second, 'close')
  assert.deepEqual(events, ['somebody came', 'somebody came', 'per-address 127.0.0.1'])
  first.destroy()
  await listener.close(1000)
})

test('draining asks connections to finish and destroys them at the deadline', async () => {
  const { listener, port, connections, delayed } = await setUp()
  const client = await open(port)
  await ask(client, 'x')
  const gone = once(client, 'close')
  let done = false
  const closing = listener.close(5000).then(() => {
    done = true
  })
  assert.equal(connections[0]!.finished, true)
  await assert.rejects(
    open(port).then((socket) => ask(socket, 'x')),
    'nothing new is accepted',
  )
  assert.equal(done, false)
  delayed[0]!()
  await closing
  await gone
  assert.equal(connections[0]!.isClosed, true)
})

test('a drain ends as soon as the last connection has gone', async () => {
  const { listener, port, delayed } = await setUp()
  const client = await open(port)
  await ask(client, 'x')
  const closing = listener.close(60_000)
  client.end()
  await closing
  assert.equal(delayed.length, 0)
})

test('an address in use is reported', async () => {
  const { listener, port } = await setUp()
  await assert.rejects(setUp({}, { port }), { code: 'EADDRINUSE' })
  await listener.close(1000)
})

test('TLS connections are served after the handshake; a stalled handshake ends with the sweep', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-keyout', keyFile, '-out', certFile],
    ],
    { stdio: 'ignore' },
  )
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) }
  rmSync(folder, { recursive: true })
  const { listener, port, connections, periodic, events } = await setUp(
    {},
    { tls, handshakeTimeoutMs: -1, maxHandshakes: 1 },
  )
  const secured = connectTls({ port, host: '127.0.0.1', ca: tls.cert, servername: 'localhost' })
  await once(secured, 'secureConnect')
  assert.equal(await ask(secured, 'over tls'), 'over tls')
  assert.equal(connections.length, 1)
  const much = Buffer.alloc(3_000_000, 'much over tls')
  const back: Buffer[] = []
  const whole = new Promise<void>((resolve) => {
    let left = much.length
    secured.on('data', (chunk: Buffer) => {
      back.push(chunk)
      left -= chunk.length
      if (left <= 0) resolve()
    })
  })
  secured.write(much)
  await whole
  assert.ok(Buffer.concat(back).equals(much))
  assert.equal(connections[0]!.late.cut, 0)

  const stalled = await open(port)
  while (listener.open < 2) await new Promise((resolve) => setImmediate(resolve))
  const surplus = await open(port)
  await once(surplus, 'close')
  assert.equal(events.at(-1), 'handshakes 127.0.0.1')
  const ended = once(stalled, 'close')
  periodic[0]!()
  await ended
  while (listener.open > 1) await new Promise((resolve) => setImmediate(resolve))
  const closed = once(secured, 'close')
  secured.end()
  await closed
  await listener.close(1000)
})
