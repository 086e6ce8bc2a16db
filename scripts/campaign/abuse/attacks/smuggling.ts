import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 8
const answerLimitMs = 5000

/** What stands behind each shape: must never be taken for a request. */
const smuggled = 'PUT /v1/records/smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nboom'
const host = 'Host: localhost\r\n'
const put = `PUT /v1/records/carrier HTTP/1.1\r\n${host}`
const get = `GET /v1/records/carrier HTTP/1.1\r\n`

interface Shape {
  readonly name: string
  readonly bytes: string
  readonly status: number
}

const chunkedBody = (size: string): string => `${put}Transfer-Encoding: chunked\r\n\r\n${size}\r\n`

const shapes: readonly Shape[] = [
  {
    name: 'both lengths',
    bytes: `${put}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: 'both lengths, other order',
    bytes: `${put}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  { name: 'two lengths', bytes: `${put}Content-Length: 0\r\nContent-Length: 84\r\n\r\n`, status: 400 },
  { name: 'the same length twice', bytes: `${put}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`, status: 400 },
  { name: 'a list of lengths', bytes: `${put}Content-Length: 0, 84\r\n\r\n`, status: 400 },
  { name: 'a length with a sign', bytes: `${put}Content-Length: +0\r\n\r\n`, status: 400 },
  { name: 'a negative length', bytes: `${put}Content-Length: -1\r\n\r\n`, status: 400 },
  { name: 'a hexadecimal length', bytes: `${put}Content-Length: 0x0\r\n\r\n`, status: 400 },
  { name: 'no length in the length', bytes: `${put}Content-Length:\r\n\r\n`, status: 400 },
  { name: 'a space before the colon', bytes: `${put}Content-Length : 84\r\n\r\n`, status: 400 },
  { name: 'a folded header', bytes: `${put}Transfer-Encoding:\r\n chunked\r\n\r\n`, status: 400 },
  { name: 'a bare line feed', bytes: `${put}X-A: b\nTransfer-Encoding: chunked\r\n\r\n`, status: 400 },
  { name: 'a bare carriage return', bytes: `${put}X-A: b\rTransfer-Encoding: chunked\r\n\r\n`, status: 400 },
  { name: 'a NUL in a header', bytes: `${put}X-A: b\0c\r\n\r\n`, status: 400 },
  { name: 'a vertical tab around chunked', bytes: `${put}Transfer-Encoding: \x0bchunked\r\n\r\n`, status: 400 },
  { name: 'an unknown coding', bytes: `${put}Transfer-Encoding: xchunked\r\n\r\n`, status: 501 },
  { name: 'chunked twice', bytes: `${put}Transfer-Encoding: chunked, chunked\r\n\r\n`, status: 501 },
  { name: 'two codings', bytes: `${put}Transfer-Encoding: gzip, chunked\r\n\r\n`, status: 501 },
  {
    name: 'chunked in two lines',
    bytes: `${put}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n`,
    status: 400,
  },
  {
    name: 'chunked in HTTP/1.0',
    bytes: `PUT /v1/records/carrier HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  { name: 'two hosts', bytes: `${get}${host}Host: other\r\n\r\n`, status: 400 },
  { name: 'no host', bytes: `${get}\r\n`, status: 400 },
  { name: 'a host with a path', bytes: `${get}Host: a/b\r\n\r\n`, status: 400 },
  { name: 'a space in the target', bytes: `GET /v1/records/a HTTP/1.1 HTTP/1.1\r\n${host}\r\n`, status: 400 },
  { name: 'a tab in the request line', bytes: `GET\t/v1/records/a HTTP/1.1\r\n${host}\r\n`, status: 400 },
  { name: 'HTTP/0.9', bytes: 'GET /v1/records/a\r\n', status: 400 },
  { name: 'HTTP/2.0', bytes: `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, status: 505 },
  { name: 'HTTP/1.10', bytes: `GET /v1/records/a HTTP/1.10\r\n${host}\r\n`, status: 400 },
  { name: 'a chunk size with a sign', bytes: `${chunkedBody('+5')}`, status: 400 },
  { name: 'a chunk size with a prefix', bytes: `${chunkedBody('0x5')}`, status: 400 },
  { name: 'a chunk size with a space before', bytes: `${chunkedBody(' 5')}`, status: 400 },
  { name: 'a chunk size of 17 digits', bytes: `${chunkedBody('10000000000000005')}`, status: 400 },
  { name: 'a chunk that is too short', bytes: `${chunkedBody('2')}abc\r\n0\r\n\r\n`, status: 400 },
  { name: 'a chunk that ends with LF', bytes: `${chunkedBody('2')}ab\n0\r\n\r\n`, status: 400 },
  {
    name: 'a chunk size that ends with LF',
    bytes: `${put}Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: 'an extension with a bare CR',
    bytes: `${put}Transfer-Encoding: chunked\r\n\r\n2;a\rb\r\nab\r\n0\r\n\r\n`,
    status: 400,
  },
  { name: '100 headers', bytes: `${get}${host}${'X-A: b\r\n'.repeat(100)}\r\n`, status: 431 },
  { name: '64 KiB of headers', bytes: `${get}${host}X-A: ${'b'.repeat(65_536)}\r\n\r\n`, status: 431 },
  { name: 'a part of a record', bytes: `${put}Content-Range: bytes 0-3/8\r\nContent-Length: 0\r\n\r\n`, status: 400 },
  { name: 'an unknown expectation', bytes: `${put}Expect: 200-maybe\r\nContent-Length: 0\r\n\r\n`, status: 417 },
  { name: 'a CONNECT', bytes: `CONNECT headgate:80 HTTP/1.1\r\n${host}\r\n`, status: 400 },
]

export const smuggling: Attack = {
  name: 'smuggling',
  what: `${shapes.length} shapes of conflicting or broken framing, each with a second request hidden behind it`,
  expects: {
    'refused and closed': 'must',
    'not smuggled': 'must',
    shed: 'may',
    refused: 'may',
    'no connection': 'may',
  },
  run: async (context) => {
    const sources = new Sources(context)
    await repeat(context, lanes * context.scale, (serial) => {
      if (serial % 50 === 49) return lookForSmuggled(context, sources)
      return send(context, sources, shapes[serial % shapes.length]!)
    })
    await lookForSmuggled(context, sources)
  },
}

async function send(
  { addresses, tally }: AttackContext,
  sources: Sources,
  { name, bytes, status }: Shape,
): Promise<void> {
  const client = await RawClient.open(addresses.http, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(100)
    return
  }
  client.send(bytes + smuggled)
  const closed = await client.over(answerLimitMs)
  const statuses = statusesIn(client.received)
  if (isRefusal(client.received)) {
    tally.count('refused')
    await pause(100)
  } else if (closed && statuses.join() === String(status)) tally.count('refused and closed')
  else {
    const how = closed ? 'was closed' : 'stayed open'
    tally.problem(`${name}: got ${statuses.join(' and ') || 'nothing'} instead of ${status}, the connection ${how}`)
  }
  client.destroy()
}

async function lookForSmuggled({ addresses, tally }: AttackContext, sources: Sources): Promise<void> {
  const client = await RawClient.open(addresses.http, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    return
  }
  client.send('GET /v1/records/smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await client.over(answerLimitMs)
  const statuses = statusesIn(client.received)
  if (isRefusal(client.received)) tally.count('refused')
  else if (statuses.join() === '404') tally.count('not smuggled')
  else if (statuses.join() === '503' || statuses.join() === '504') tally.count('shed')
  else if (statuses.includes(200)) tally.problem('a hidden request was carried out')
  else tally.problem(`looking for what was hidden got ${statuses.join(' and ') || 'nothing'} instead of 404`)
  client.destroy()
}
