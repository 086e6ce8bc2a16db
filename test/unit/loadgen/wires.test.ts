import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpWire } from '../../../src/loadgen/http-wire.ts'
import type { LoadTarget } from '../../../src/loadgen/load-settings.ts'
import { respWire } from '../../../src/loadgen/resp-wire.ts'
import type { Wire } from '../../../src/loadgen/wire.ts'

const target: LoadTarget = { protocol: 'http', host: '127.0.0.1', port: 7400, user: undefined, token: undefined }

const problem = '{"code":"overloaded","reason":"queue-full","status":503}'
const httpAnswers =
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello' +
  'HTTP/1.1 204 No Content\r\nETag: "1-1"\r\n\r\n' +
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n' +
  'HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\n\r\n{"code":"not-found"}' +
  `HTTP/1.1 503 Service Unavailable\r\nContent-Length: ${problem.length}\r\n\r\n${problem}` +
  'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 22\r\n\r\n{"code":"unavailable"}' +
  'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n' +
  'HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 21\r\n\r\n{"code": "deadline" }' +
  'HTTP/1.1 404 Not Found\r\nContent-Length: 26\r\n\r\n{"code":"route-not-found"}' +
  'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnginx' +
  'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops'
const httpExpected = [
  ...['ok:', 'ok:', 'ok:', 'miss:not-found', 'shed:queue-full', 'error:unavailable', 'shed:http-429'],
  ...['error:deadline', 'error:route-not-found', 'error:http-404', 'error:http-500'],
]

const respAnswers =
  '$5\r\nhello\r\n$-1\r\n_\r\n+OK\r\n:12\r\n$0\r\n\r\n$7\r\n\r\n+OK\r\n\r\n' +
  '-OVERLOADED reason=rate retry-after-ms=10\r\n-TIMEOUT outcome=unknown\r\n-ERR syntax error\r\n'
const respExpected = [
  ...['ok:', 'miss:', 'miss:', 'ok:', 'ok:', 'ok:', 'ok:'],
  ...['shed:rate', 'error:TIMEOUT', 'error:ERR'],
]

function readIn(wire: Wire, chunks: readonly Buffer[]): string[] {
  const seen: string[] = []
  const parser = wire.parser((answer, detail) => seen.push(`${answer}:${detail}`))
  for (const chunk of chunks) parser.push(chunk)
  return seen
}

for (const [name, wire, text, expected] of [
  ['HTTP', httpWire(target), httpAnswers, httpExpected],
  ['RESP', respWire(target), respAnswers, respExpected],
] as const) {
  test(`${name} answers are read whole, byte by byte and cut at every place`, () => {
    const bytes = Buffer.from(text)
    assert.deepEqual(readIn(wire, [bytes]), expected)
    assert.deepEqual(
      readIn(
        wire,
        [...bytes].map((byte) => Buffer.from([byte])),
      ),
      expected,
    )
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(readIn(wire, [bytes.subarray(0, cut), bytes.subarray(cut)]), expected, `cut at ${cut}`)
    }
  })
}

test('what is not the protocol throws', () => {
  for (const text of ['SSH-2.0-x\r\n\r\n', 'HTTP/1.1 999 x\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(70_000)]) {
    assert.throws(() => readIn(httpWire(target), [Buffer.from(text)]), text.slice(0, 20))
  }
  for (const text of ['*1\r\n', '$x\r\n', 'HTTP/1.1 400\r\n', '+'.repeat(70_000)]) {
    assert.throws(() => readIn(respWire(target), [Buffer.from(text)]), text.slice(0, 20))
  }
})

test('requests carry the token', () => {
  const token = 's3cret'
  assert.match(
    httpWire({ ...target, token }).read('a/b'),
    /^GET \/v1\/records\/a\/b HTTP\/1\.1\r\n.*Bearer s3cret\r\n/s,
  )
  assert.match(httpWire({ ...target, host: '::1' }).write('k', 'v'), /Host: \[::1\]:7400\r\n.*Length: 1\r\n\r\nv$/s)
  assert.equal(respWire({ ...target, token }).greeting, '*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n')
  assert.equal(
    respWire({ ...target, user: 'app', token }).greeting,
    '*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$6\r\ns3cret\r\n',
  )
  assert.equal(respWire(target).greeting, '')
})
