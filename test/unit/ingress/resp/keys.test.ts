import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { RespSessions } from '../../../support/resp-session.ts'

test('MSET is one atomic batch, or several writes if splitting is allowed', () => {
  for (const splitMset of [false, true]) {
    const sessions = new RespSessions({ settings: { splitMset } })
    sessions.dispatcher.recording = true
    const client = sessions.open()
    assert.equal(client.line('MSET a 1 b 2'), '+OK\r\n')
    const body = sessions.dispatcher.seen[0]?.body
    assert.ok(body?.kind === 'batch')
    assert.equal(body.atomic, !splitMset)
    assert.equal(body.operations.length, 2)
    assert.equal(client.line('MGET b a c'), '*3\r\n$1\r\n2\r\n$1\r\n1\r\n$-1\r\n')
  }
})

test('an MSET of one pair is a plain put', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  assert.equal(sessions.open().line('MSET a 1'), '+OK\r\n')
  assert.equal(sessions.dispatcher.seen[0]?.body.kind, 'put')
})

test('atomic commands over several shards are refused as Redis Cluster does', () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  sessions.dispatcher.failures.set('batch', new GatewayError('cross-shard', 'two shards', { outcome: 'not-applied' }))
  const crossSlot = "-CROSSSLOT Keys in request don't hash to the same slot\r\n"
  assert.equal(client.line('MSET a 1 b 2'), crossSlot)
  assert.equal(client.line('MSETNX a 1 b 2'), crossSlot)
  assert.equal(client.send('MULTI\nSET a 1\nSET b 1\nEXEC\n'), `+OK\r\n+QUEUED\r\n+QUEUED\r\n${crossSlot}`)
  assert.equal(client.line('EXEC'), '-ERR EXEC without MULTI\r\n')
})

test('MSETNX sets all or nothing', () => {
  const client = new RespSessions().open()
  assert.equal(client.line('MSETNX a 1 b 2 a 3'), ':1\r\n')
  assert.equal(client.line('MGET a b'), '*2\r\n$1\r\n3\r\n$1\r\n2\r\n')
  assert.equal(client.line('MSETNX c 1 b 9'), ':0\r\n')
  assert.equal(client.line('GET c'), '$-1\r\n')
})

test('a split MSET reports the part that failed', () => {
  const sessions = new RespSessions({ settings: { splitMset: true } })
  const client = sessions.open()
  const error = new GatewayError('deadline', 'late', { outcome: 'unknown' })
  sessions.dispatcher.failures.set('batch', error)
  assert.equal(client.line('MSET a 1 b 2'), '-TIMEOUT outcome=unknown\r\n')
})

test('lists of keys become one operation each', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  client.line('MSET a 1 b 2 c 3')
  assert.equal(client.line('EXISTS a a x'), ':2\r\n')
  assert.equal(client.line('TOUCH a b'), ':2\r\n')
  assert.equal(client.line('DEL a a b x'), ':2\r\n')
  assert.equal(client.line('UNLINK c x'), ':1\r\n')
  assert.equal(client.line('DEL c'), ':0\r\n')
  const kinds = sessions.dispatcher.seen.slice(1).map(({ body }) => body.kind)
  assert.deepEqual(kinds, ['exists-many', 'exists-many', 'delete-many', 'delete-many', 'delete'])
})

test('too many pairs are refused', () => {
  const client = new RespSessions({ settings: { maxBatchOps: 2 } }).open()
  assert.equal(client.line('MSET a 1 b 2'), '+OK\r\n')
  assert.equal(client.line('MSET a 1 b 2 c 3'), '-ERR 3 pairs exceed limits.maxBatchOps (2)\r\n')
})

test('expiry commands name their conditions', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  const only = { '': undefined, NX: 'nx', XX: 'xx', GT: 'gt', LT: 'lt', 'XX GT': 'gt', 'LT XX': 'xx-lt', 'nx NX': 'nx' }
  for (const [words, expected] of Object.entries(only)) {
    client.line(`EXPIRE a 10 ${words}`.trim())
    const body = sessions.dispatcher.seen.at(-1)?.body
    assert.ok(body?.kind === 'modify' && body.change.name === 'expire')
    assert.equal(body.change.only, expected, words)
    assert.deepEqual(body.change.expiry, { kind: 'after', ms: 10_000 })
  }
  const times = { 'EXPIREAT a 5': ['at', 5000], 'PEXPIREAT a -5': ['at', 1], 'PEXPIRE a -5': ['after', -5] } as const
  for (const [line, [kind, ms]] of Object.entries(times)) {
    client.line(line)
    const body = sessions.dispatcher.seen.at(-1)?.body
    assert.ok(body?.kind === 'modify' && body.change.name === 'expire')
    assert.deepEqual(body.change.expiry, { kind, ms }, line)
  }
})

test('times left are rounded as Redis does, and end with the key', () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  client.line('SET a v PX 1600')
  assert.equal(client.line('PTTL a'), ':1600\r\n')
  assert.equal(client.line('TTL a'), ':2\r\n')
  sessions.runtime.advance(200)
  assert.equal(client.line('TTL a'), ':1\r\n')
  assert.equal(client.line('PERSIST a'), ':1\r\n')
  assert.equal(client.line('PERSIST a'), ':0\r\n')
  assert.equal(client.line('TTL a'), ':-1\r\n')
  client.line('PEXPIRE a 100')
  sessions.runtime.advance(100)
  assert.equal(client.line('TTL a'), ':-2\r\n')
  assert.equal(client.line('TYPE a'), '+none\r\n')
  assert.equal(client.line('EXPIRE a 1'), ':0\r\n')
})
