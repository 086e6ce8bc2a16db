import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, Sources, statusesIn } from '../raw-client.ts'

const perSecond = 2000
/** Fewer would be within the limits. */
const leastScale = 0.5
const tickMs = 10
/** Attempts under way at once; more would only measure this machine. */
const mostOpen = 500
const answerLimitMs = 3000

/** With the default limits on new connections of one address, which are what this tries: so it has two. */
const addressesUsed = 2

export const churn: Attack = {
  name: 'churn',
  what: `${perSecond} new connections a second: some are reset at once, some ask one thing, some only end`,
  expects: { refused: 'must', reset: 'must', answered: 'must', closed: 'may', 'no connection': 'may' },
  run: async (context) => {
    const sources = new Sources({ ...context, sources: context.sources.slice(0, addressesUsed) })
    const running = new Set<Promise<void>>()
    const startedAt = performance.now()
    let serial = 0
    while (performance.now() < context.deadline) {
      const due = ((performance.now() - startedAt) / 1000) * perSecond * Math.max(leastScale, context.scale)
      for (; serial < due; serial++) {
        if (running.size >= mostOpen) continue
        const one = visit(context, sources, serial).finally(() => running.delete(one))
        running.add(one)
      }
      await pause(tickMs)
    }
    await Promise.all(running)
  },
}

async function visit({ addresses, tally }: AttackContext, sources: Sources, serial: number): Promise<void> {
  const overHttp = serial % 2 === 0
  const client = await RawClient.open(overHttp ? addresses.http : addresses.resp, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    return
  }
  if (serial % 3 === 0) {
    client.reset()
    tally.count('reset')
    return
  }
  if (serial % 3 === 1) client.send(overHttp ? 'GET /v1/records/churn HTTP/1.1\r\nHost: localhost\r\n\r\n' : 'PING\r\n')
  client.end()
  await client.over(answerLimitMs)
  const { received } = client
  if (isRefusal(received)) tally.count('refused')
  else if (received === '') tally.count('closed')
  else if (received === '+PONG\r\n' || statusesIn(received).join() === '404') tally.count('answered')
  else tally.problem(`a single request got ${JSON.stringify(received.slice(0, 80))}`)
  client.destroy()
}
