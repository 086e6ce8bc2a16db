import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listingsRoomBytes } from '../../../../src/ingress/resp/commands/key-listing.ts'
import { respSettings } from '../../../support/resp-harness.ts'
import { type RespSession, RespSessions } from '../../../support/resp-session.ts'
import { parseReply } from '../../../support/resp-value.ts'

const keys = 4000
/** What a large listing may need at most. */
const large = respSettings.mergeBudgetBytes

/** A gateway with so many keys of 200 bytes that a listing of all is a large one. */
function house(): { sessions: RespSessions; open: () => RespSession } {
  const sessions = new RespSessions()
  const filler = sessions.open()
  for (let i = 0; i < keys; i++) filler.ask('SET', `${String(i).padStart(6, '0')}${'x'.repeat(194)}`, 'v')
  return { sessions, open: () => sessions.open() }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function whole(client: RespSession): Promise<string> {
  let reply = ''
  for (let i = 0; i < 200 && reply === ''; i++) reply += await client.heard()
  return reply
}

test('listings that were asked for together hold no more than their room, and all are answered', async () => {
  const { sessions, open } = house()
  const clients = Array.from({ length: 20 }, open)
  for (const client of clients) client.send('KEYS *\nKEYS 0000*\n')
  let most = 0
  const replies = clients.map(() => '')
  for (let i = 0; i < 2000 && replies.some((reply) => !reply.endsWith('\r\n') || reply.length < 800_000); i++) {
    most = Math.max(most, sessions.room.heldBytes)
    for (const [index, client] of clients.entries()) replies[index] += await client.heard()
  }
  assert.ok(most > large && most <= listingsRoomBytes(large), `${most} bytes`)
  const expected = replies[0]!
  assert.equal(parseReply(expected).elements.length, keys)
  assert.ok(replies.every((reply) => reply === expected))
  assert.deepEqual([sessions.room.heldBytes, sessions.room.waiting], [0, 0])
})

test('a listing that fits one page needs no room, and a small one does not wait for large ones', async () => {
  const { sessions, open } = house()
  sessions.room.resize(0, listingsRoomBytes(large) - 64 * 1024)
  const waiting = open()
  waiting.send('KEYS *\n')
  assert.equal(await waiting.heard(), '')
  assert.equal(parseReply(open().line('KEYS 00000?*')).elements.length, 10)
  const small = open()
  small.send('KEYS *7\nKEYS ??00?0*\n')
  assert.match(await whole(small), /^\*0\r\n\*10\r\n/)
  assert.equal(sessions.room.waiting, 1)
  sessions.room.leave(listingsRoomBytes(large) - 64 * 1024)
  assert.equal(parseReply(await whole(waiting)).elements.length, keys)
  assert.equal(sessions.room.heldBytes, 0)
})

test('a listing that finds no room in time is answered with that, and the connection goes on', async () => {
  const { sessions, open } = house()
  sessions.room.resize(0, listingsRoomBytes(large))
  const client = open()
  client.send('KEYS *\nGET a\n')
  assert.equal(await client.heard(), '')
  assert.equal(sessions.room.waiting, 1)
  sessions.runtime.advance(respSettings.queryTimeoutMs + 100)
  assert.match(await whole(client), /^-TIMEOUT outcome=not-applied\r\n\$-1\r\n$/)
  assert.deepEqual([sessions.room.heldBytes, sessions.room.waiting], [listingsRoomBytes(large), 0])
  assert.deepEqual(sessions.errors, [['read', 'deadline']])
})

test('who goes away gives back the room, while it lists and while it waits', async () => {
  const { sessions, open } = house()
  const { room } = sessions
  const listing = open()
  listing.send('KEYS *\n')
  for (let i = 0; i < 50 && room.heldBytes < large; i++) await turn()
  assert.equal(room.heldBytes, large)
  listing.connection.closed()
  assert.equal(room.heldBytes, 0)
  const most = listingsRoomBytes(large)
  room.resize(0, most)
  const waiting = open()
  waiting.send('KEYS *\n')
  await turn()
  assert.equal(room.waiting, 1)
  waiting.connection.closed()
  room.leave(most)
  for (let i = 0; i < 5; i++) await turn()
  assert.deepEqual([room.heldBytes, room.waiting], [0, 0])
})
