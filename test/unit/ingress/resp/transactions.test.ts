import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RespSessions } from '../../../support/resp-session.ts'

const queued = '+QUEUED\r\n'

test('EXEC sends everything as one batch and answers each command in its own words', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  client.line('SET n 1')
  const lines = [
    'MGET n x',
    'MSET a 1 b 2',
    'DEL a x',
    'EXISTS n n',
    'PING',
    'INCR n',
    'INCRBY n zz',
    'TIME',
    'GETEX n',
  ]
  assert.equal(client.line('MULTI'), '+OK\r\n')
  for (const line of lines) assert.equal(client.line(line), queued, line)
  const reply = client.line('EXEC')
  const expected = [
    '*9',
    '*2',
    '$1',
    '1',
    '$-1',
    '+OK',
    ':1',
    ':2',
    '+PONG',
    ':2',
    '-ERR value is not an integer or out of range',
    '*2',
    '$10',
    '1893456001',
    '$1',
    '0',
    '$1',
    '2',
    '',
  ]
  assert.equal(reply, expected.join('\r\n'))
  const bodies = sessions.dispatcher.seen.map(({ body }) => body)
  assert.equal(bodies.length, 2)
  const batch = bodies[1]
  assert.ok(batch?.kind === 'batch' && batch.atomic && !batch.abortOnFailure)
  const kinds = batch.operations.map(({ kind }) => kind)
  assert.deepEqual(kinds, ['get', 'get', 'put', 'put', 'delete', 'delete', 'get', 'get', 'modify', 'get'])
})

test('a transaction without operations asks nothing', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  assert.equal(client.send('MULTI\nPING\nECHO x\nEXEC\n'), `+OK\r\n${queued}${queued}*2\r\n+PONG\r\n$1\r\nx\r\n`)
  assert.equal(sessions.dispatcher.seen.length, 0)
})

test('what concerns all keys cannot be queued', () => {
  const client = new RespSessions().open()
  for (const line of ['KEYS *', 'SCAN 0', 'DBSIZE', 'RANDOMKEY']) {
    client.line('MULTI')
    const name = line.split(' ')[0]
    assert.equal(client.line(line), `-ERR ${name} cannot be queued in a transaction: it concerns all keys\r\n`)
    assert.equal(client.line('EXEC'), '-EXECABORT Transaction discarded because of previous errors.\r\n')
  }
  client.line('MULTI')
  assert.equal(client.line('MSETNX a 1 b 2'), '-ERR MSETNX of several keys cannot be queued in a transaction\r\n')
  assert.match(client.line('EXEC'), /^-EXECABORT/)
  const single = `+OK\r\n${queued}${queued}*2\r\n:1\r\n:0\r\n`
  assert.equal(client.send('MULTI\nMSETNX a 1\nMSETNX a 2\nEXEC\n'), single)
})

test('a transaction is bounded', () => {
  const client = new RespSessions({ settings: { maxBatchOps: 3, maxRequestBytes: 2000 } }).open()
  client.line('MULTI')
  for (let i = 0; i < 3; i++) assert.equal(client.line('PING'), queued)
  assert.equal(client.line('PING'), '-ERR the transaction exceeds 3 commands or 2000 bytes\r\n')
  assert.equal(client.line('PING'), queued, 'it only goes on to be discarded')
  assert.match(client.line('EXEC'), /^-EXECABORT/)
  client.line('MULTI')
  client.ask('SET', 'a', 'x'.repeat(1500))
  assert.match(client.ask('SET', 'a', 'x'.repeat(1500)), /^-ERR the transaction exceeds/)
  assert.match(client.line('EXEC'), /^-EXECABORT/)
  client.line('MULTI')
  client.line('DEL a b')
  client.line('DEL c d')
  assert.equal(client.line('EXEC'), '-ERR 4 operations exceed limits.maxBatchOps (3)\r\n')
  assert.match(client.line('WATCH a b c d'), /^-ERR 4 watched keys exceed/)
})

test('queued arguments do not depend on the read buffer', () => {
  const client = new RespSessions().open()
  const chunk = Buffer.from('MULTI\nSET a first\nSET b second\n')
  client.socket.emit('data', chunk)
  chunk.fill('x')
  client.line('EXEC')
  client.socket.taken()
  assert.equal(client.line('MGET a b'), '*2\r\n$5\r\nfirst\r\n$6\r\nsecond\r\n')
})

test('EXEC does nothing if another client changed a watched key', () => {
  const sessions = new RespSessions()
  const [one, other] = [sessions.open(), sessions.open()]
  one.line('MSET a 1 b 2')
  const attempt = (change: string, watched = 'WATCH a b'): string => {
    assert.equal(one.line(watched), '+OK\r\n')
    other.line(change)
    one.line('MULTI')
    one.line('SET c 1')
    return one.line('EXEC')
  }
  assert.equal(attempt('SET b 2'), '*-1\r\n')
  assert.equal(attempt('DEL a'), '*-1\r\n')
  assert.equal(attempt('SET a 1'), '*-1\r\n', 'made where there was none')
  assert.equal(attempt('EXPIRE b 100'), '*-1\r\n')
  assert.equal(attempt('GET b'), '*1\r\n+OK\r\n')
  assert.equal(attempt('SET d 1'), '*1\r\n+OK\r\n')
  assert.equal(attempt('SET d 2', 'WATCH d'), '*-1\r\n')
  one.line('HELLO 3')
  assert.equal(attempt('SET d 3', 'WATCH d'), '_\r\n')
})

test('a watched key that came and went between counts as unchanged, one that was replaced does not', () => {
  const sessions = new RespSessions()
  const [client, other] = [sessions.open(), sessions.open()]
  client.line('WATCH a')
  for (const line of ['SET a 1', 'DEL a']) other.line(line)
  assert.equal(client.send('MULTI\nSET b 1\nEXEC\n'), '+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n')
  other.line('SET a 1')
  client.line('WATCH a')
  for (const line of ['DEL a', 'SET a 1']) other.line(line)
  assert.equal(client.send('MULTI\nSET b 1\nEXEC\n'), '+OK\r\n+QUEUED\r\n*-1\r\n')
})

test('a key watched twice keeps the version seen first', () => {
  const sessions = new RespSessions()
  const [one, other] = [sessions.open(), sessions.open()]
  one.line('SET a 1')
  one.line('WATCH a')
  other.line('SET a 2')
  one.line('WATCH a')
  one.line('MULTI')
  assert.equal(one.line('EXEC'), '*-1\r\n')
})

test('commands after WATCH wait for it, whatever comes first', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  client.send('SET a 1\nWATCH a\nMULTI\nGET a\nEXEC\nPING\n')
  assert.deepEqual(
    sessions.dispatcher.pending.map(({ operation }) => operation.body.kind),
    ['put'],
  )
  sessions.dispatcher.deliver()
  assert.equal(await client.heard(), '+OK\r\n')
  sessions.dispatcher.deliver()
  assert.equal(await client.heard(), `+OK\r\n+OK\r\n${queued}`)
  sessions.dispatcher.deliver()
  assert.equal(await client.heard(), '*1\r\n$1\r\n1\r\n+PONG\r\n')
})

test('transactions of all connections share one budget, and give it back', () => {
  const sessions = new RespSessions({ settings: { maxReceivingBytes: 50_000 } })
  const value = 'x'.repeat(30_000)
  const [one, other] = [sessions.open(), sessions.open()]
  one.line('MULTI')
  assert.equal(one.ask('SET', 'a', value), queued)
  other.line('MULTI')
  assert.equal(other.ask('SET', 'a', value), '-OVERLOADED reason=backlog retry-after-ms=1000\r\n')
  assert.match(other.line('EXEC'), /^-EXECABORT/)
  for (const end of ['EXEC', 'DISCARD', 'RESET', 'NOPE']) {
    one.line(end)
    other.line('MULTI')
    assert.equal(other.ask('SET', 'a', value), queued, `after ${end}`)
    other.line('DISCARD')
    one.line('DISCARD')
    one.line('MULTI')
    one.ask('SET', 'a', value)
  }
  one.close()
  other.line('MULTI')
  assert.equal(other.ask('SET', 'a', value), queued, 'after the connection was closed')
})

test('watched keys of all connections are in that budget too, and leave it however the watching ends', () => {
  const sessions = new RespSessions({ settings: { maxReceivingBytes: 50_000 } })
  const many = (name: string): string[] => Array.from({ length: 20 }, (_, i) => `${name}${i}`.padEnd(1024, 'x'))
  const [one, other] = [sessions.open(), sessions.open()]
  assert.equal(one.ask('WATCH', ...many('a')), '+OK\r\n')
  assert.equal(other.ask('WATCH', ...many('b')), '-OVERLOADED reason=backlog retry-after-ms=1000\r\n')
  assert.deepEqual(sessions.errors, [['read', 'overloaded', 'backlog']])
  assert.equal(other.line('WATCH small'), '+OK\r\n', 'a few keys are always allowed')
  other.line('UNWATCH')
  const ends = ['UNWATCH', 'DISCARD', 'EXEC', 'RESET'] as const
  for (const end of ends) {
    if (end === 'DISCARD' || end === 'EXEC') one.line('MULTI')
    one.line(end)
    assert.equal(other.ask('WATCH', ...many('b')), '+OK\r\n', `after ${end}`)
    assert.match(one.ask('WATCH', ...many('a')), /^-OVERLOADED/, `${end} took its own only`)
    other.line('UNWATCH')
    assert.equal(one.ask('WATCH', ...many('a')), '+OK\r\n')
  }
  one.connection.closed()
  assert.equal(other.ask('WATCH', ...many('b')), '+OK\r\n', 'after the connection')
  assert.equal(other.ask('WATCH', ...many('b')), '+OK\r\n', 'keys that are watched already cost nothing more')
})
