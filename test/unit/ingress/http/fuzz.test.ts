import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fixture } from '../../../support/http-fixture.ts'

const words = [
  'GET ',
  'PUT ',
  '/v1/records/a',
  '/v1/records',
  '/v1/batch',
  '?limit=',
  ' HTTP/1.1\r\n',
  'Host: h\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'If-Match: ',
  'Connection: close\r\n',
  '\r\n',
  '\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '{"ops":[]}',
  '%',
  '*',
]

test('nothing a client sends breaks the node, and everybody else is still served', () =>
  Fixture.run(async (fixture) => {
    const { random } = fixture
    fixture.dispatcher.put('honest', 'x')
    const honest = await fixture.connect()
    for (let round = 0; round < 150; round++) {
      const http = await fixture.connect()
      const pieces = Array.from({ length: random.integer(25) }, () =>
        random.integer(4) === 0 ? random.bytes(random.integer(40)) : Buffer.from(words[random.integer(words.length)]!),
      )
      for (const piece of pieces) {
        http.send(piece)
        if (random.integer(2) === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      http.socket.end()
      const said = await http.closed()
      assert.ok(
        said === '' || said.startsWith('HTTP/1.1 '),
        `round ${round}, seed ${fixture.seed}: ${said.slice(0, 100)}`,
      )
      assert.equal((await honest.call('GET', '/v1/records/honest')).text(), 'x')
      assert.equal(fixture.ingress.bodies.usedBytes, 0, `round ${round}, seed ${fixture.seed}`)
    }
  }))
