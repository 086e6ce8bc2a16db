import type { Address } from '../../../process/node-process.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, Sources, statusesIn } from '../raw-client.ts'
import { shortTimeouts } from '../short-timeouts.ts'

/** Fewer seconds than this cannot show how the default timeouts (10 s for headers, 30 s for bodies) end. */
const secondsForHeaders = 13
const secondsForBodies = 33
const connections = 2000
const openedAtOnce = 50
const pauseMs = 10

interface Trickle {
  readonly address: Address
  readonly begin: string
  readonly more: string
}

/** Opening so many connections at once is not what is tried here: `churn` does that, with the default limits. */
const manyConnections = { 'limits.connectionRatePerIp': '1000', 'limits.connectionBurstPerIp': '1000' }

export const slowHeaders: Attack = {
  name: 'slow-headers',
  what: `${connections} connections that send a byte of their headers every second`,
  expects: { 408: 'must', refused: 'may', 'open at the end': 'may' },
  settings: (seconds) => ({
    ...manyConnections,
    ...(seconds < secondsForHeaders ? shortTimeouts(seconds) : {}),
  }),
  run: (context) =>
    trickle(context, () => ({
      address: context.addresses.http,
      begin: 'GET /v1/records/slow HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
      more: 'a',
    })),
}

export const slowBodies: Attack = {
  name: 'slow-bodies',
  what: `${connections} connections that send a byte of a body, a chunk or a Redis argument every second`,
  expects: { 408: 'must', closed: 'must', refused: 'may', 'open at the end': 'may' },
  settings: (seconds) => ({
    ...manyConnections,
    ...(seconds < secondsForBodies ? shortTimeouts(seconds) : {}),
  }),
  run: (context) => trickle(context, (serial) => bodies(context, serial)),
}

function bodies({ addresses: { http, resp } }: AttackContext, serial: number): Trickle {
  const head = 'PUT /v1/records/slow HTTP/1.1\r\nHost: localhost\r\n'
  if (serial % 4 === 0) return { address: resp, begin: '*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n$1000000\r\n', more: 'a' }
  if (serial % 4 === 1) return { address: http, begin: `${head}Transfer-Encoding: chunked\r\n\r\n`, more: '1\r\na\r\n' }
  return { address: http, begin: `${head}Content-Length: 1000000\r\n\r\n`, more: 'a' }
}

/** Keeps connections that send next to nothing; each that is ended is opened anew until the deadline. */
async function trickle(context: AttackContext, next: (serial: number) => Trickle): Promise<void> {
  const sources = new Sources(context)
  const open = new Map<RawClient, string>()
  const beat = setInterval(() => {
    for (const [client, more] of open) client.send(more)
  }, 1000)
  const one = async (serial: number): Promise<void> => {
    const { address, begin, more } = next(serial)
    while (performance.now() < context.deadline) {
      const client = await RawClient.open(address, sources.take())
      if (client === undefined) {
        await pause(1000)
        continue
      }
      client.send(begin)
      open.set(client, more)
      await client.over(context.deadline - performance.now())
      open.delete(client)
      context.tally.count(outcomeOf(client))
      client.destroy()
      if (isRefusal(client.received)) await pause(1000)
    }
  }
  const running: Promise<void>[] = []
  for (let serial = 0; serial < connections * context.scale; serial++) {
    running.push(one(serial))
    if (serial % openedAtOnce === 0) await pause(pauseMs)
  }
  await Promise.all(running)
  clearInterval(beat)
}

function outcomeOf({ received, isClosed }: RawClient): string {
  if (isRefusal(received)) return 'refused'
  if (!isClosed) return 'open at the end'
  return received === '' ? 'closed' : statusesIn(received).join(' ')
}
