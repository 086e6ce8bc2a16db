import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PutBody } from '../../../../src/operation/body.ts'
import { RespSessions } from '../../../support/resp-session.ts'

test('a plain GET and SET ask for nothing more than they need', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  assert.equal(client.line('SET a 1'), '+OK\r\n')
  assert.equal(client.line('GET a'), '$1\r\n1\r\n')
  const [put, get] = sessions.dispatcher.seen
  assert.ok(put?.body.kind === 'put' && get?.body.kind === 'get')
  assert.equal(put.body.blind, true)
  assert.equal(put.body.contentType, 'application/octet-stream')
  assert.deepEqual(put.body.expiry, { kind: 'clear' })
  assert.equal(put.body.lease, 0)
  assert.equal(get.body.projection, 'value')
  assert.equal(put.deadline - put.arrivedAt, 2000)
})

test('what only asks about a record asks for its description', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  for (const line of [
    'STRLEN a',
    'TTL a',
    'PTTL a',
    'EXPIRETIME a',
    'PEXPIRETIME a',
    'TYPE a',
    'EXISTS a',
    'TOUCH a',
  ]) {
    client.line(line)
    const body = sessions.dispatcher.seen.at(-1)?.body
    assert.ok(body?.kind === 'get' && body.projection === 'meta', line)
  }
})

interface Case {
  readonly line: string
  readonly put: { readonly [K in keyof PutBody]?: PutBody[K] | undefined }
}

/** SET variants and the fields of the put they become. */
const cases: readonly Case[] = [
  { line: 'SET k v EX 10', put: { expiry: { kind: 'after', ms: 10_000 }, blind: true } },
  { line: 'SET k v px 10', put: { expiry: { kind: 'after', ms: 10 } } },
  { line: 'SET k v EXAT 4000000000', put: { expiry: { kind: 'at', ms: 4_000_000_000_000 } } },
  { line: 'SET k v PXAT 4000000000001', put: { expiry: { kind: 'at', ms: 4_000_000_000_001 } } },
  { line: 'SET k v KEEPTTL', put: { expiry: { kind: 'keep' }, blind: true } },
  { line: 'SET k v NX', put: { condition: { ifNoneMatch: '*' }, softCondition: true, blind: undefined } },
  { line: 'SET k v XX', put: { condition: { ifMatch: '*' }, softCondition: true, blind: undefined } },
  { line: 'SET k v GET', put: { returnPrevious: true, blind: undefined, condition: undefined } },
  { line: 'SET k v GET NX EX 1', put: { returnPrevious: true, condition: { ifNoneMatch: '*' } } },
  { line: 'SETEX k 10 v', put: { expiry: { kind: 'after', ms: 10_000 }, blind: true } },
  { line: 'PSETEX k 10 v', put: { expiry: { kind: 'after', ms: 10 }, blind: true } },
  { line: 'SETNX k v', put: { condition: { ifNoneMatch: '*' }, softCondition: true } },
  { line: 'GETSET k v', put: { returnPrevious: true, expiry: { kind: 'clear' } } },
]

for (const { line, put } of cases) {
  test(`${line} becomes one put`, () => {
    const sessions = new RespSessions()
    sessions.dispatcher.recording = true
    sessions.open().line(line)
    assert.equal(sessions.dispatcher.seen.length, 1)
    const body = sessions.dispatcher.seen[0]?.body
    assert.ok(body?.kind === 'put')
    assert.equal(Buffer.from(body.key).toString(), 'k')
    for (const name of Object.keys(put) as (keyof PutBody)[]) assert.deepEqual(body[name], put[name], name)
  })
}

test('keys and values beyond the limits are refused with the limit named', () => {
  const client = new RespSessions({ settings: { maxValueBytes: 1000, keptBulkBytes: 2000 } }).open()
  const key = 'k'.repeat(1025)
  const keyFault = '-ERR the key has 1025 bytes; keys have 1 to 1024 bytes\r\n'
  for (const args of [
    ['GET', key],
    ['SET', key, 'v'],
    ['DEL', 'a', key],
    ['MSET', 'a', '1', key, '2'],
    ['INCR', key],
  ]) {
    assert.equal(client.ask(...args), keyFault, args[0])
  }
  assert.equal(client.ask('GET', ''), '-ERR the key has 0 bytes; keys have 1 to 1024 bytes\r\n')
  assert.equal(client.ask('GET', key.slice(1)), '$-1\r\n')
  const value = 'v'.repeat(1001)
  const valueFault = '-ERR the value has 1001 bytes; limits.maxValue is 1000 bytes\r\n'
  for (const args of [
    ['SET', 'a', value],
    ['SETNX', 'a', value],
    ['SETEX', 'a', '9', value],
    ['MSET', 'a', value],
  ]) {
    assert.equal(client.ask(...args), valueFault, args[0])
  }
  assert.equal(client.ask('SET', 'a', value.slice(1)), '+OK\r\n')
  const tooLong = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n'
  assert.equal(client.line('APPEND a x'), tooLong)
  assert.equal(client.line('SETRANGE a 1000 x'), tooLong)
  assert.equal(client.line('SETRANGE b 999 x'), ':1000\r\n')
  assert.equal(
    client.ask('SET', 'a', 'v'.repeat(2001)),
    '-ERR an argument of 2001 bytes exceeds the limit of 2000 bytes\r\n',
  )
  assert.equal(client.line('STRLEN a'), ':1000\r\n', 'the connection goes on')
})

test('integers keep their 64 bits', () => {
  const client = new RespSessions().open()
  client.line('SET a 9007199254740993')
  assert.equal(client.line('INCR a'), ':9007199254740994\r\n')
  assert.equal(client.line('INCRBY a 9214364837600034813'), ':9223372036854775807\r\n')
  assert.equal(client.line('INCR a'), '-ERR increment or decrement would overflow\r\n')
  assert.equal(client.line('DECRBY a -9223372036854775808'), '-ERR decrement would overflow\r\n')
  assert.equal(client.line('GET a'), '$19\r\n9223372036854775807\r\n')
})

test('values of every size come back whole', async () => {
  const client = new RespSessions().open()
  for (const size of [0, 1, 9, 10, 99, 100, 127, 128, 129, 999, 1000, 16_384, 16_385, 65_536, 1_048_576]) {
    const value = Buffer.alloc(size, `${size}-`)
    assert.equal(client.ask('SET', 'a', value), '+OK\r\n')
    assert.equal(client.line('GET a'), `$${size}\r\n${value.latin1Slice()}\r\n`, `${size} bytes`)
    // After a large answer it is others' turn first.
    assert.equal(client.line('STRLEN a') || (await client.heard()), `:${size}\r\n`)
  }
})

test('times too far for a record are refused', () => {
  const client = new RespSessions().open()
  const fault = (name: string): string => `-ERR invalid expire time in '${name}' command\r\n`
  assert.equal(client.line('SET a v PX 281474976710655'), fault('set'))
  assert.equal(client.line('SETEX a 281474976710 v'), fault('setex'))
  assert.equal(client.line('SET a v'), '+OK\r\n')
  assert.equal(client.line('PEXPIREAT a 281474976710655'), fault('pexpireat'))
  assert.equal(client.line('PEXPIREAT a 270000000000000'), ':1\r\n')
  assert.equal(client.line('PEXPIRETIME a'), ':270000000000000\r\n')
  assert.equal(client.line('EXPIRE a 270000000000'), ':1\r\n')
})
