import type { Attack, AttackContext } from '../attack.ts'
import { pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 8
/** More than the port lets in at once. */
const slow = 300
const answerLimitMs = 8000

interface Shape {
  readonly name: string
  readonly bytes: string
  /** Any of these is right. */
  readonly statuses: readonly number[]
}

const request = (line: string, ...headers: readonly string[]): string =>
  `${line} HTTP/1.1\r\n${headers.map((header) => `${header}\r\n`).join('')}Connection: close\r\n\r\n`

function shapesOf(own: string): readonly Shape[] {
  const host = `Host: ${own}`
  return [
    { name: 'a foreign host', bytes: request('GET /v1/status', 'Host: evil.example'), statuses: [403] },
    {
      name: 'a foreign host with the port',
      bytes: request('GET /v1/topology', 'Host: evil.example:7402'),
      statuses: [403],
    },
    {
      name: 'a foreign origin',
      bytes: request('POST /v1/drain', host, 'Origin: http://evil.example', 'Content-Length: 0'),
      statuses: [403],
    },
    {
      name: 'no origin at all',
      bytes: request('POST /v1/drain', host, 'Origin: null', 'Content-Length: 0'),
      statuses: [403],
    },
    {
      name: 'another site',
      bytes: request('POST /v1/reload', host, 'Sec-Fetch-Site: cross-site', 'Content-Length: 0'),
      statuses: [403],
    },
    {
      name: 'a host that only begins right',
      bytes: request('GET /v1/status', 'Host: 127.0.0.1.evil.example'),
      statuses: [403],
    },
    { name: 'no host', bytes: request('GET /v1/status'), statuses: [400, 403] },
    {
      name: 'a body of 1 GiB',
      bytes: `POST /v1/drain HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{`,
      statuses: [413],
    },
    {
      name: 'both lengths',
      bytes: `POST /v1/reload HTTP/1.1\r\n${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      statuses: [400],
    },
    { name: 'a folder above', bytes: request('GET /../../etc/passwd', host), statuses: [404] },
    { name: 'a bad escape', bytes: request('GET /v1/%zz', host), statuses: [400, 404] },
    { name: '64 KiB of headers', bytes: request('GET /livez', host, `X-A: ${'b'.repeat(65_536)}`), statuses: [431] },
    { name: 'random bytes', bytes: '\x16\x03\x01\x02\x00\x01\x00\xff\xfe\r\n\r\n', statuses: [400] },
    {
      name: 'a wrong token',
      bytes: request('GET /v1/status', host, 'Authorization: Bearer nobody'),
      statuses: [200, 401],
    },
  ]
}

export const adminPort: Attack = {
  name: 'admin-port',
  what: `foreign hosts and origins, broken requests and ${slow} slow connections on the admin port`,
  expects: {
    'as it should': 'must',
    'no connection': 'may',
    closed: 'may',
    'slow: ended': 'may',
    'slow: dropped': 'may',
    'slow: at the end': 'may',
  },
  run: async (context) => {
    const sources = new Sources(context)
    const { host, port } = context.addresses.admin
    const shapes = shapesOf(`${host}:${port}`)
    await Promise.all([
      repeat(context, lanes * context.scale, (serial) => send(context, sources, shapes[serial % shapes.length]!)),
      repeat(context, slow * context.scale, () => crawl(context, sources)),
    ])
  },
}

async function send({ addresses, tally }: AttackContext, sources: Sources, shape: Shape): Promise<void> {
  const client = await RawClient.open(addresses.admin, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(100)
    return
  }
  client.send(shape.bytes)
  const closed = await client.over(answerLimitMs)
  const statuses = statusesIn(client.received)
  // The slow connections have all there are.
  if (closed && client.received === '') tally.count('closed')
  else if (statuses.length === 1 && shape.statuses.includes(statuses[0]!)) tally.count('as it should')
  else
    tally.problem(`${shape.name}: got ${statuses.join(' and ') || 'nothing'} instead of ${shape.statuses.join(' or ')}`)
  client.destroy()
  await pause(20)
}

async function crawl({ addresses, tally, deadline }: AttackContext, sources: Sources): Promise<void> {
  const client = await RawClient.open(addresses.admin, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(1000)
    return
  }
  client.send('GET /livez HTTP/1.1\r\nX-Slow: ')
  const beat = setInterval(() => client.send('a'), 1000)
  await client.over(deadline - performance.now())
  clearInterval(beat)
  const dropped = client.isClosed && client.received === ''
  tally.count(dropped ? 'slow: dropped' : client.isClosed ? 'slow: ended' : 'slow: at the end')
  client.destroy()
  await pause(dropped ? 500 : 0)
}
