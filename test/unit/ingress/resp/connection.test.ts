import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authenticator } from '../../../../src/admission/authenticator.ts'
import { openHouse } from '../../../support/resp-harness.ts'
import { RespSessions } from '../../../support/resp-session.ts'

const gets = (count: number): string => 'GET a\n'.repeat(count)

test('reaching the pipeline depth stops reading until half of it is answered', async () => {
  const sessions = new RespSessions({ mode: 'deferred', settings: { pipelineDepth: 8 } })
  const { dispatcher } = sessions
  const client = sessions.open()
  client.send(gets(7))
  assert.equal(client.socket.paused, false)
  client.send(gets(10))
  assert.equal(dispatcher.pending.length, 8)
  assert.equal(client.socket.paused, true)
  for (let i = 0; i < 3; i++) dispatcher.deliver()
  assert.equal(dispatcher.pending.length, 5)
  dispatcher.deliver()
  assert.equal(dispatcher.pending.length, 8, 'what had been received goes on')
  dispatcher.deliverAll()
  assert.equal(await client.heard(), '$-1\r\n'.repeat(17))
  assert.equal(client.socket.paused, false)
})

test('an operation that had to wait holds the client back', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const { dispatcher } = sessions
  const client = sessions.open()
  client.send('GET a\n')
  dispatcher.accepts = false
  client.send('SET a 1\nGET a\nGET b\n')
  assert.equal(dispatcher.pending.length, 2)
  assert.equal(client.socket.paused, true)
  dispatcher.deliver(0)
  assert.equal(dispatcher.pending.length, 1, 'another answer changes nothing')
  dispatcher.accepts = true
  dispatcher.deliver(0)
  assert.equal(dispatcher.pending.length, 2)
  assert.equal(client.socket.paused, false)
  dispatcher.deliverAll()
  assert.equal(await client.heard(), '$-1\r\n+OK\r\n$1\r\n1\r\n$-1\r\n')
})

test('a waiting client may send a bounded amount more', () => {
  const sessions = new RespSessions({ mode: 'deferred', settings: { maxUnreadBytes: 1000 } })
  const client = sessions.open()
  client.send('SET a 1\nWATCH a\n')
  client.send('x'.repeat(1000))
  assert.equal(client.socket.paused, false, 'only commands after WATCH wait')
  client.send('x')
  assert.equal(client.socket.paused, true)
})

test('a client that does not read is not read from', async () => {
  const sessions = new RespSessions({ settings: { softBytes: 100_000 } })
  const client = sessions.open()
  client.ask('SET', 'a', 'v'.repeat(10_000))
  client.socket.slow = true
  const first = client.send(gets(30))
  assert.equal(client.socket.paused, true)
  assert.ok(first.length <= 130_000, `${first.length} bytes`)
  client.socket.slow = false
  client.socket.drain()
  const second = await client.heard()
  assert.equal(client.socket.paused, false)
  assert.equal((first + second).split('$10000').length, 31)
})

test('one read event is one write', () => {
  const client = new RespSessions().open()
  client.send(gets(100))
  assert.equal(client.socket.writes, 1)
})

test('QUIT is answered after everything before it, and nothing after it', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  client.send('GET a\nQUIT\nSET a 1\n')
  client.send('SET a 2\n')
  assert.equal(sessions.dispatcher.pending.length, 1)
  assert.equal(client.socket.ended, false)
  sessions.dispatcher.deliver()
  assert.equal(await client.heard(), '$-1\r\n+OK\r\n')
  assert.equal(client.socket.ended, true)
})

test('a client that ended its side still gets its answers', async () => {
  const sessions = new RespSessions({ mode: 'deferred', settings: { pipelineDepth: 2 } })
  const client = sessions.open()
  client.send(`${gets(5)}GET`)
  client.end()
  assert.equal(client.socket.ended, false)
  while (sessions.dispatcher.pending.length > 0) sessions.dispatcher.deliver()
  assert.equal(await client.heard(), '$-1\r\n'.repeat(5))
  assert.equal(client.socket.ended, true)
})

test('a drain lets what is in flight finish', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const [busy, idle] = [sessions.open(), sessions.open()]
  busy.send('GET a\n')
  busy.connection.finish()
  idle.connection.finish()
  assert.equal(idle.socket.ended, true)
  assert.equal(busy.socket.ended, false)
  busy.send('GET b\n')
  sessions.dispatcher.deliverAll()
  assert.equal(await busy.heard(), '$-1\r\n')
  assert.equal(busy.socket.ended, true)
})

test('a protocol error is answered, counted, and ends the connection', () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  const error = "-ERR Protocol error: expected '$', got ':'\r\n"
  assert.equal(client.send('PING\n*1\r\n:1\r\nPING\n'), `+PONG\r\n${error}`)
  assert.equal(sessions.protocolErrors, 1)
  assert.equal(client.socket.ended, true)
  assert.equal(client.send('PING\n'), '')
  const now = sessions.runtime.clock.now()
  client.connection.sweep(now + 1000)
  assert.equal(client.socket.destroyed, false)
  client.connection.sweep(now + 3000)
  assert.equal(client.socket.destroyed, true, 'it does not wait for the client for ever')
})

test('HTTP is hung up on', () => {
  const client = new RespSessions().open()
  assert.equal(client.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nSET a 1\r\n'), '')
  assert.equal(client.socket.destroyed, true)
})

test('timeouts: a command that does not come to its end', () => {
  const sessions = new RespSessions({ settings: { requestTimeoutMs: 5000 } })
  const { runtime } = sessions
  const client = sessions.open()
  client.send('*2\r\n$3\r\nGET\r\n')
  for (let i = 0; i < 4; i++) {
    runtime.advance(1000)
    client.send('')
    client.connection.sweep(runtime.clock.now())
  }
  assert.equal(client.socket.destroyed, false)
  assert.equal(client.send('$1\r\na\r\n*1\r\n'), '$-1\r\n', 'in time')
  runtime.advance(5000)
  client.connection.sweep(runtime.clock.now())
  assert.equal(client.socket.destroyed, false, 'the next command has its own time')
  client.send('$')
  runtime.advance(1)
  client.connection.sweep(runtime.clock.now())
  assert.equal(client.socket.destroyed, true, 'a byte now and then does not buy more')
})

test('timeouts: idle, unknown and unreading clients', () => {
  const limits = { idleTimeoutMs: 20_000, requestTimeoutMs: 5000, outputTimeoutMs: 3000 }
  const strangers = { ...openHouse, anonymous: undefined }
  const idle = new RespSessions({ settings: limits })
  const client = idle.open()
  client.line('PING')
  client.connection.sweep(idle.runtime.clock.now() + 20_000)
  assert.equal(client.socket.destroyed, false)
  client.connection.sweep(idle.runtime.clock.now() + 20_001)
  assert.equal(client.socket.destroyed, true)

  const closed = new RespSessions({ settings: limits, authenticator: strangers })
  const stranger = closed.open()
  stranger.line('PING')
  stranger.connection.sweep(closed.runtime.clock.now() + 5001)
  assert.equal(stranger.socket.destroyed, true)

  const deaf = idle.open()
  deaf.socket.slow = true
  deaf.line('PING')
  const now = idle.runtime.clock.now()
  deaf.connection.sweep(now + 1000)
  deaf.socket.writableLength -= 1
  deaf.connection.sweep(now + 2000)
  deaf.connection.sweep(now + 5000)
  assert.equal(deaf.socket.destroyed, false, 'it took a little')
  deaf.connection.sweep(now + 5001)
  assert.equal(deaf.socket.destroyed, true)
})

test('a client that is told to go still gets what it has not taken', () => {
  const sessions = new RespSessions({ settings: { outputTimeoutMs: 10_000 } })
  const { clock } = sessions.runtime
  const client = sessions.open()
  client.ask('SET', 'a', 'v'.repeat(10_000))
  client.socket.slow = true
  client.send('GET a\nQUIT\n')
  assert.equal(client.socket.ended, true)
  for (let second = 1; second <= 5; second++) {
    sessions.runtime.advance(1000)
    client.socket.writableLength -= 1000
    client.connection.sweep(clock.now())
    assert.equal(client.socket.destroyed, false, `after ${second} s`)
  }
  client.socket.writableLength = 0
  client.connection.sweep(clock.now())
  assert.equal(client.socket.destroyed, true, 'it has everything and does not end its side')
})

const credentials = (token: string, ...roles: ('read' | 'write')[]) => ({ name: 'app', token, roles })
const noAuth = '-NOAUTH Authentication required.\r\n'

test('the time to log in begins anew with RESET', () => {
  const { byUser } = new Authenticator({ clients: [credentials('secret', 'read')], anonymousRoles: [] })
  const sessions = new RespSessions({ authenticator: byUser, settings: { requestTimeoutMs: 5000 } })
  const client = sessions.open()
  const sweep = (): boolean => {
    client.connection.sweep(sessions.runtime.clock.now())
    return client.socket.destroyed
  }
  assert.equal(client.line('AUTH secret'), '+OK\r\n')
  sessions.runtime.advance(3_600_000)
  assert.equal(client.line('RESET'), '+RESET\r\n')
  assert.equal(sweep(), false)
  sessions.runtime.advance(3000)
  assert.equal(client.line('RESET'), '+RESET\r\n')
  sessions.runtime.advance(2001)
  assert.equal(sweep(), true, 'only a client that was known gets more time')
})

test('a token that is taken away ends the login of open connections', () => {
  const authenticator = new Authenticator({ clients: [credentials('old', 'read', 'write')], anonymousRoles: [] })
  const settings = { requestTimeoutMs: 5000 }
  const sessions = new RespSessions({ authenticator: authenticator.byUser, settings })
  const [client, idle] = [sessions.open(), sessions.open()]
  for (const each of [client, idle]) assert.equal(each.line('AUTH app old'), '+OK\r\n')
  assert.equal(client.line('MULTI'), '+OK\r\n')
  assert.equal(client.line('SET a 1'), '+QUEUED\r\n')
  sessions.runtime.advance(60_000)
  authenticator.reload({ clients: [credentials('new', 'read', 'write')], anonymousRoles: [] })
  assert.equal(client.line('EXEC'), '-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n')
  assert.equal(client.line('GET a'), noAuth)
  assert.equal(client.line('AUTH app old'), '-WRONGPASS invalid username-password pair or user is disabled.\r\n')
  assert.equal(client.line('AUTH app new'), '+OK\r\n')
  assert.equal(client.line('GET a'), '$-1\r\n')

  idle.connection.sweep(sessions.runtime.clock.now())
  assert.equal(idle.socket.destroyed, false, 'it has time to log in again')
  sessions.runtime.advance(5001)
  for (const each of [client, idle]) each.connection.sweep(sessions.runtime.clock.now())
  assert.deepEqual([client.socket.destroyed, idle.socket.destroyed], [false, true])
})

test('open connections get the roles that their client has now', () => {
  const authenticator = new Authenticator({ clients: [credentials('secret', 'read', 'write')], anonymousRoles: [] })
  const sessions = new RespSessions({ authenticator: authenticator.byUser })
  const client = sessions.open()
  client.line('AUTH secret')
  client.line('MULTI')
  client.line('SET a 1')
  authenticator.reload({ clients: [credentials('secret', 'read')], anonymousRoles: [] })
  assert.equal(client.line('EXEC'), '-EXECABORT Transaction discarded because of previous errors.\r\n')
  assert.equal(client.line('SET a 1'), "-NOPERM this user has no permissions to run the 'set' command\r\n")
  assert.equal(client.line('GET a'), '$-1\r\n')
  client.line('MULTI')
  client.line('GET a')
  authenticator.reload({ clients: [credentials('secret', 'read')], anonymousRoles: ['read'] })
  assert.doesNotMatch(client.line('EXEC'), /EXECABORT/, 'nothing changed for it')
})

test('who has not said who it is follows what a reload says of the anonymous client', () => {
  const authenticator = new Authenticator({ clients: [], anonymousRoles: ['read'] })
  const sessions = new RespSessions({ authenticator: authenticator.byUser })
  const client = sessions.open()
  assert.equal(client.line('GET a'), '$-1\r\n')
  authenticator.reload({ clients: [credentials('secret', 'read')], anonymousRoles: [] })
  assert.equal(client.line('GET a'), noAuth)
  authenticator.reload({ clients: [], anonymousRoles: ['read'] })
  assert.equal(client.line('GET a'), '$-1\r\n')
})

test('replies that waited for their turn do not stop a client that takes them at once', async () => {
  const sessions = new RespSessions({ settings: { softBytes: 5000 } })
  const client = sessions.open()
  client.ask('SET', 'big', 'v'.repeat(6000))
  sessions.dispatcher.mode = 'deferred'
  client.send('GET a\nGET big\n')
  sessions.dispatcher.deliver(1)
  client.send('PING\n')
  assert.equal(client.socket.paused, true, 'what waits for its turn is more than may wait')
  sessions.dispatcher.deliver(0)
  await client.heard()
  assert.equal(client.socket.paused, false)
  assert.equal(client.line('PING'), '+PONG\r\n')
})

test('a command with very many arguments takes a turn of its own, and keeps its place', async () => {
  const sessions = new RespSessions()
  const [wide, narrow] = [sessions.open(), sessions.open()]
  const keys = Array.from({ length: 2000 }, (_, i) => `k${i}`).join(' ')
  assert.equal(wide.send(`SET k1 x\nEXISTS ${keys}\nGET k1\n`), '+OK\r\n')
  assert.equal(narrow.send('GET k1\n'), '$1\r\nx\r\n', 'who asks for little does not wait for it')
  assert.equal(await wide.heard(), ':1\r\n$1\r\nx\r\n')
  assert.equal(wide.send('GET k1\n'), '$1\r\nx\r\n', 'and goes on as before')
})

test('a client that leaves before the turn of its wide command does not have it executed', async () => {
  const sessions = new RespSessions()
  const [wide, narrow] = [sessions.open(), sessions.open()]
  narrow.send('SET k1 x\n')
  wide.send(`DEL ${Array.from({ length: 2000 }, (_, i) => `k${i}`).join(' ')}\n`)
  wide.connection.closed()
  await narrow.heard()
  assert.equal(narrow.send('GET k1\n'), '$1\r\nx\r\n')
})

test('a drain waits for a wide command that has been read, and not for what comes behind it', async () => {
  const sessions = new RespSessions()
  const wide = sessions.open()
  const keys = Array.from({ length: 2000 }, (_, i) => `k${i}`).join(' ')
  assert.equal(wide.send(`SET k1 x\nDEL ${keys}\nSET k1 y\n`), '+OK\r\n')
  wide.connection.finish()
  assert.equal(wide.socket.ended, false)
  assert.equal(await wide.heard(), ':1\r\n')
  assert.equal(wide.socket.ended, true)
})

test('a drain waits for a command that waits for those before it', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  client.send('SET a 1\nWATCH a\nSET a 2\n')
  client.connection.finish()
  assert.equal(client.socket.ended, false)
  sessions.dispatcher.deliverAll()
  assert.equal(await client.heard(), '+OK\r\n+OK\r\n')
  sessions.dispatcher.deliverAll()
  await client.heard()
  assert.equal(client.socket.ended, true)
})
