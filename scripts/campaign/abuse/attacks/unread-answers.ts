import { commandText, RespConnection } from '../../resp-connection.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, Sources } from '../raw-client.ts'
import { shortTimeouts } from '../short-timeouts.ts'

/** What Linux buffers on loopback for a connection hides small answers; these are asked for until far more is due. */
const connections = 2000
const sizes = [128, 16_000, 300_000, 900_000]
/** Sent by one connection at most. */
const mostRequestBytes = 256 * 1024
const secondsForTimeout = 33
const openedAtOnce = 50

export const unreadAnswers: Attack = {
  name: 'unread-answers',
  what: `${connections} connections on both ports that ask in deep pipelines and never read an answer`,
  expects: { closed: 'must', refused: 'may', 'open at the end': 'may', 'no connection': 'may' },
  settings: (seconds) => ({
    'limits.connectionRatePerIp': '1000',
    'limits.connectionBurstPerIp': '1000',
    ...(seconds < secondsForTimeout ? shortTimeouts(seconds) : {}),
  }),
  run: async (context) => {
    const sources = new Sources(context)
    await prepare(context, sources)
    const running: Promise<void>[] = []
    for (let serial = 0; serial < connections * context.scale; serial++) {
      running.push(ask(context, sources, serial))
      if (serial % openedAtOnce === 0) await pause(10)
    }
    await Promise.all(running)
  },
}

async function prepare({ addresses }: AttackContext, sources: Sources): Promise<void> {
  const connection = await RespConnection.open(addresses.resp, sources.take())
  for (const size of sizes) await connection.ask('SET', `unread:${size}`, 'x'.repeat(size))
  connection.close()
}

async function ask(context: AttackContext, sources: Sources, serial: number): Promise<void> {
  const { addresses, tally, deadline } = context
  const size = sizes[serial % sizes.length]!
  const overHttp = serial % 8 < 4
  const request = overHttp
    ? `GET /v1/records/unread:${size} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    : commandText('GET', `unread:${size}`)
  const client = await RawClient.open(overHttp ? addresses.http : addresses.resp, sources.take(), { deaf: true })
  if (client === undefined) {
    tally.count('no connection')
    return
  }
  const pipeline = Buffer.from(request.repeat(256), 'latin1')
  let sent = 0
  while (performance.now() < deadline && !client.isClosed) {
    if (sent < mostRequestBytes && client.send(pipeline)) sent += pipeline.length
    await pause(100)
  }
  // Only who reads sees that the other side has hung up.
  client.read()
  await client.over(3000)
  tally.count(isRefusal(client.received) ? 'refused' : client.isClosed ? 'closed' : 'open at the end')
  client.destroy()
}
