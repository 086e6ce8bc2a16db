import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authenticator } from '../../../../src/ingress/resp/resp-server.ts'
import type { Client } from '../../../../src/operation/operation.ts'
import { type Role, Roles } from '../../../../src/operation/roles.ts'
import { RespSessions } from '../../../support/resp-session.ts'
import { parseReply } from '../../../support/resp-value.ts'

const clientOf = (name: string, ...roles: Role[]): Client => ({ name, roles: new Roles(roles) })
const clients = new Map([
  ['reader', clientOf('reader', 'read')],
  ['writer', clientOf('writer', 'write')],
  ['both', clientOf('both', 'read', 'write')],
])

/** Every client's token is its name backwards. */
function keeper(anonymous?: Client): Authenticator {
  return {
    generation: 0,
    renew: (client) => client,
    anonymous,
    authenticate: (user, token) => {
      const name = Buffer.from(token).toString().split('').reverse().join('')
      return user === undefined || user === name ? clients.get(name) : undefined
    },
  }
}

/** The list of the interface. */
const promised = (
  'ping echo hello auth select client command info config time quit reset get set getex getdel getset setnx setex ' +
  'psetex mget mset msetnx append strlen getrange setrange incr decr incrby decrby incrbyfloat del unlink exists ' +
  'touch expire pexpire expireat pexpireat ttl pttl expiretime pexpiretime persist type keys scan dbsize randomkey ' +
  'multi exec discard watch unwatch'
).split(' ')

const noAuth = '-NOAUTH Authentication required.\r\n'
const noPermission = (name: string): string => `-NOPERM this user has no permissions to run the '${name}' command\r\n`

test('a client is who its token says', () => {
  const sessions = new RespSessions({ authenticator: keeper() })
  sessions.dispatcher.recording = true
  const client = sessions.open()
  assert.equal(client.line('GET a'), noAuth)
  assert.match(client.line('AUTH both reader'), /^-WRONGPASS/)
  assert.match(client.line('AUTH default nobody'), /^-WRONGPASS/)
  assert.equal(client.line('AUTH both htob'), '+OK\r\n')
  client.line('GET a')
  assert.equal(sessions.dispatcher.seen[0]?.client, clients.get('both'))
  assert.equal(client.line('AUTH redaer'), '+OK\r\n')
  assert.match(client.line('CLIENT INFO'), / user=reader /)
  client.line('GET a')
  assert.equal(sessions.dispatcher.seen[1]?.client, clients.get('reader'))
  assert.equal(client.line('RESET'), '+RESET\r\n')
  assert.equal(client.line('GET a'), noAuth)
  assert.match(client.line('HELLO 3 AUTH both htob SETNAME me'), /^%7/)
  assert.equal(client.line('GET a'), '_\r\n')
})

test('roles: what reads, what writes, what does both', () => {
  const sessions = new RespSessions({ authenticator: keeper() })
  const [reader, writer] = [sessions.open(), sessions.open()]
  reader.line('AUTH redaer')
  writer.line('AUTH retirw')
  const reading = ['GET a', 'MGET a b', 'STRLEN a', 'EXISTS a', 'TTL a', 'KEYS *', 'SCAN 0', 'DBSIZE', 'TYPE a']
  const writing = [
    'SET a 1',
    'MSET a 1',
    'DEL a',
    'EXPIRE a 9',
    'APPEND a 1',
    'SETRANGE a 0 x',
    'SETEX a 9 1',
    'PERSIST a',
  ]
  const both = ['GETSET a 1', 'GETDEL a', 'GETEX a', 'INCR b', 'INCRBYFLOAT b 1', 'SET a 1 GET']
  const name = (line: string): string => line.split(' ')[0]!.toLowerCase()
  for (const line of reading) assert.equal(writer.line(line), noPermission(name(line)))
  for (const line of writing) assert.equal(reader.line(line), noPermission(name(line)))
  for (const line of both) {
    assert.equal(reader.line(line), noPermission(name(line)))
    assert.equal(writer.line(line), noPermission(name(line)))
  }
  for (const line of reading) assert.doesNotMatch(reader.line(line), /^-/, line)
  for (const line of writing) assert.doesNotMatch(writer.line(line), /^-/, line)
  assert.equal(
    reader.send('MULTI\nSET a 1\nEXEC\n').split('\r\n')[2],
    '-EXECABORT Transaction discarded because of previous errors.',
  )
})

test('where everybody may come in, a login still counts', () => {
  const sessions = new RespSessions({ authenticator: keeper(clientOf('anonymous', 'read')) })
  const client = sessions.open()
  assert.equal(client.line('GET a'), '$-1\r\n')
  assert.equal(client.line('SET a 1'), noPermission('set'))
  assert.match(client.line('AUTH wrong'), /^-ERR AUTH <password> called without any password configured/)
  assert.match(client.line('AUTH both wrong'), /^-WRONGPASS/)
  assert.equal(client.line('AUTH both htob'), '+OK\r\n')
  assert.equal(client.line('SET a 1'), '+OK\r\n')
  assert.equal(client.line('AUTH default whatever'), '+OK\r\n')
  assert.equal(client.line('SET a 1'), noPermission('set'))
})

test('INFO names what tools look for', () => {
  const client = new RespSessions().open()
  const info = parseReply(client.line('INFO')).text
  const expected = [
    'redis_version:7.0.15',
    'redis_mode:standalone',
    'role:master',
    'loading:0',
    'process_id:42',
    'tcp_port:7401',
    'uptime_in_seconds:90000',
    'uptime_in_days:1',
    'connected_clients:3',
    'used_memory:1234',
    'db0:keys=7,expires=0,avg_ttl=0',
  ]
  for (const line of expected) assert.ok(info.split('\r\n').includes(line), line)
  assert.equal(parseReply(client.line('INFO MEMORY')).text, '# Memory\r\nused_memory:1234\r\n')
  assert.equal(parseReply(client.line('INFO nope')).text, '')
  assert.match(client.line('INFO memory nope keyspace'), /# Memory[^#]*# Keyspace/)
})

test('CONFIG GET takes several patterns', () => {
  const client = new RespSessions().open()
  const texts = (line: string): string[] => parseReply(client.line(line)).elements.map(({ text }) => text)
  assert.deepEqual(texts('CONFIG GET max*s save nope'), ['maxclients', '100', 'save', ''])
  assert.deepEqual(texts('config get appendonly'), ['appendonly', 'yes'])
  assert.deepEqual(texts('CONFIG GET proto-max-bulk-len PORT'), ['proto-max-bulk-len', '1048576', 'PORT', '7401'])
})

test('COMMAND describes the same commands whatever way it is asked', () => {
  const client = new RespSessions().open()
  const count = Number(parseReply(client.line('COMMAND COUNT')).text)
  const all = parseReply(client.line('COMMAND')).elements
  assert.equal(all.length, count)
  const names = all.map(({ elements }) => elements[0]!.text)
  assert.deepEqual([...names].sort(), [...promised].sort())
  assert.equal(parseReply(client.line('COMMAND INFO')).elements.length, count)
  const docs = parseReply(client.line('COMMAND DOCS')).elements
  assert.equal(docs.length, 2 * count)
  for (const [i, one] of all.entries()) {
    assert.equal(docs[2 * i]!.text, one.elements[0]!.text)
    const facts = docs[2 * i + 1]!.elements.map(({ text }) => text)
    assert.equal(facts[0], 'summary')
    assert.notEqual(facts[1], '')
  }
  const container = parseReply(client.line('COMMAND INFO client')).elements[0]!.elements[9]!
  assert.equal(container.elements.length, 6)
})

test('CLIENT SETINFO is accepted, other newer subcommands are not there', () => {
  const client = new RespSessions().open()
  assert.equal(client.line('CLIENT SETINFO LIB-NAME redis-py'), '+OK\r\n')
  assert.equal(client.line('CLIENT SETINFO lib-ver 1.2'), '+OK\r\n')
  assert.equal(
    client.ask('CLIENT', 'SETINFO', 'lib-ver', 'a b'),
    '-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n',
  )
  assert.equal(client.line('CLIENT SETINFO foo bar'), "-ERR Unrecognized option 'foo'\r\n")
  assert.equal(client.line('CLIENT NO-TOUCH ON'), "-ERR unknown subcommand 'NO-TOUCH'. Try CLIENT HELP.\r\n")
  for (const container of ['CLIENT', 'COMMAND', 'CONFIG']) {
    const help = parseReply(client.line(`${container} HELP`)).elements.map(({ text }) => text)
    assert.equal(help[0], `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`)
    assert.equal(help.at(-1), '    Prints this help.')
  }
})

test('TIME is the wall clock', () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  sessions.runtime.advance(250)
  const wall = sessions.runtime.clock.wallMs()
  const [seconds, microseconds] = parseReply(client.line('TIME')).elements.map(({ text }) => Number(text))
  assert.equal(seconds! * 1000 + microseconds! / 1000, wall)
})

test('connections have numbers of their own', () => {
  const sessions = new RespSessions()
  assert.deepEqual(
    [sessions.open(), sessions.open()].map((client) => client.line('CLIENT ID')),
    [':1\r\n', ':2\r\n'],
  )
})
