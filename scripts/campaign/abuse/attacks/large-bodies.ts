import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 32
const gibibyte = 2 ** 30
const block = Buffer.alloc(64 * 1024, 'x')
/** How much of a body is sent by clients that do not wait for an answer. */
const mostBlocks = 64
/** An answer has come "before the body" if no more of it was sent than the system takes at once. */
const answerLimitMs = 5000

interface Shape {
  readonly name: string
  readonly head: string
  /** Sent again and again behind the head until the connection ends. */
  readonly body?: Buffer
}

const put = 'PUT /v1/records/large HTTP/1.1\r\nHost: localhost\r\n'
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
const declared = `Content-Length: ${gibibyte}\r\n\r\n`
const chunked = 'Transfer-Encoding: chunked\r\n\r\n'
const chunk = Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')])

const shapes: readonly Shape[] = [
  { name: 'a record of 1 GiB, announced', head: put + declared },
  { name: 'a record of 1 GiB, sent without waiting', head: put + declared, body: block },
  { name: 'a new record of 1 GiB', head: post('/v1/records') + declared },
  { name: 'a batch of 1 GiB', head: post('/v1/batch') + declared, body: block },
  { name: 'a query of 1 GiB', head: post('/v1/query') + declared },
  { name: 'a lease of 1 GiB', head: post('/v1/leases') + declared },
  { name: '1 GiB with Expect: 100-continue', head: `${put}Expect: 100-continue\r\n${declared}` },
  { name: 'more than a number can hold', head: `${put}Content-Length: 99999999999999999999\r\n\r\n` },
  { name: 'a chunk of 1 GiB', head: `${put}${chunked}40000000\r\n` },
  { name: 'chunks without end', head: put + chunked, body: chunk },
]

export const largeBodies: Attack = {
  name: 'large-bodies',
  what: 'bodies of 1 GiB, by Content-Length and in chunks, announced or simply sent',
  expects: { 413: 'must', 'closed while sending': 'may', refused: 'may', 'no connection': 'may' },
  run: async (context) => {
    const sources = new Sources(context)
    await repeat(context, lanes * context.scale, (serial) => send(context, sources, shapes[serial % shapes.length]!))
  },
}

async function send(context: AttackContext, sources: Sources, shape: Shape): Promise<void> {
  const client = await RawClient.open(context.addresses.http, sources.take())
  if (client === undefined) {
    context.tally.count('no connection')
    await pause(100)
    return
  }
  client.send(shape.head)
  for (let i = 0; shape.body !== undefined && i < mostBlocks && !client.isClosed; i++) {
    if (!client.send(shape.body)) await client.taken(answerLimitMs)
  }
  const closed = await client.over(answerLimitMs)
  const statuses = statusesIn(client.received)
  if (isRefusal(client.received)) {
    context.tally.count('refused')
    await pause(100)
  } else if (statuses.length === 0 && closed && shape.body !== undefined) context.tally.count('closed while sending')
  else {
    context.tally.count(statuses.join(' then '))
    if (!closed) context.tally.problem(`${shape.name}: the connection stayed open after ${statuses.join()}`)
    if (statuses.join() !== '413') context.tally.problem(`${shape.name}: got ${statuses.join() || 'nothing'}`)
  }
  client.destroy()
}
