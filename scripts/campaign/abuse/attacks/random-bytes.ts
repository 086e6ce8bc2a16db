import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 32
const mostBytes = 8192
/** What `GET ` and bytes without white space find on the Redis port. */
const nil = '$-1'
const answerLimitMs = 5000
/** How the bytes begin, to get past the first look. */
const beginnings = [
  '',
  '',
  'GET ',
  'PUT /v1/records/',
  '*3\r\n',
  '*1\r\n$',
  '\r\n',
  '\x16\x03\x01\x02',
  'POST /v1/query HTTP/1.1\r\n',
]

export const randomBytes: Attack = {
  name: 'random-bytes',
  what: 'random bytes on both ports, some behind the beginning of a request',
  expects: { error: 'must', closed: 'may', refused: 'may', 'no connection': 'may' },
  run: async (context) => {
    const sources = new Sources(context)
    await repeat(context, lanes * context.scale, (serial) => send(context, sources, serial))
  },
}

async function send({ addresses, tally, random }: AttackContext, sources: Sources, serial: number): Promise<void> {
  const overHttp = serial % 2 === 0
  const client = await RawClient.open(overHttp ? addresses.http : addresses.resp, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(100)
    return
  }
  const beginning = Buffer.from(beginnings[random.integer(beginnings.length)]!, 'latin1')
  const bytes = Buffer.concat([beginning, random.bytes(1 + random.integer(mostBytes))])
  client.send(bytes)
  client.end()
  const closed = await client.over(answerLimitMs)
  const { received } = client
  if (!closed) tally.problem(`${describe(bytes)}: the connection stayed open`)
  if (isRefusal(received)) {
    tally.count('refused')
    await pause(100)
  } else if (received === '') tally.count('closed')
  else if (overHttp ? statusesIn(received).every((status) => status >= 400) : onlyErrors(received)) tally.count('error')
  else tally.problem(`${describe(bytes)}: got ${JSON.stringify(received.slice(0, 80))}`)
  client.destroy()
}

function onlyErrors(received: string): boolean {
  return received.split('\r\n').every((line) => line === '' || line === nil || line.startsWith('-'))
}

function describe(bytes: Buffer): string {
  return `${bytes.length} random bytes ${bytes.subarray(0, 48).toString('base64')}`
}
