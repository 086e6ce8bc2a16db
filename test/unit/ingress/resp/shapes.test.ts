import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RespSessions } from '../../../support/resp-session.ts'

test('an answer of another kind than was asked for is an error, never an OK', () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  sessions.dispatcher.dispatch = (operation, handler) => {
    handler.onReply(operation, { kind: 'leases', leases: [], positions: [] })
    return true
  }
  for (const line of ['SET a 1', 'SET a 1 NX', 'SETEX a 10 1', 'GET a', 'MGET a b', 'INCR a', 'DEL a', 'APPEND a b']) {
    assert.equal(client.line(line), '-ERR internal unexpected leases reply\r\n', line)
  }
})
