import { RespConnection, RespError, type RespReply } from '../../resp-connection.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { pause, repeat, Sources } from '../raw-client.ts'

const lanes = 400
const queued = 64
const valueBytes = 64 * 1024

/** Transactions that are filled and left alone: the memory for what stands between MULTI and EXEC is what is wanted. */
export const transactions: Attack = {
  name: 'transactions',
  what: `${lanes} connections that queue ${queued} writes of 64 KiB after MULTI, again and again, and never say EXEC`,
  expects: { queued: 'must', shed: 'may', closed: 'may', refused: 'may', 'no connection': 'may' },
  settings: () => ({ 'limits.connectionRatePerIp': '1000', 'limits.connectionBurstPerIp': '1000' }),
  run: async (context) => {
    const sources = new Sources(context)
    await repeat(context, lanes * context.scale, () => queue(context, sources))
  },
}

async function queue({ addresses, tally, deadline }: AttackContext, sources: Sources): Promise<void> {
  let connection: RespConnection
  try {
    connection = await RespConnection.open(addresses.resp, sources.take())
  } catch {
    tally.count('no connection')
    await pause(200)
    return
  }
  const value = 'x'.repeat(valueBytes)
  try {
    let outcome = outcomeOf(await connection.ask('MULTI'), 'OK')
    for (let i = 0; i < queued && outcome === 'queued' && performance.now() < deadline; i++) {
      outcome = outcomeOf(await connection.ask('SET', `{queued}${i}`, value), 'QUEUED')
    }
    tally.count(outcome)
    // Holds on to what it got.
    await Promise.race([connection.closed, pause(Math.max(0, Math.min(5000, deadline - performance.now())))])
  } catch {
    tally.count('closed')
  }
  connection.close()
}

function outcomeOf(reply: RespReply, wanted: string): string {
  if (reply === wanted) return 'queued'
  const text = reply instanceof RespError ? reply.message : JSON.stringify(reply)
  if (text.includes('reason=connections') || text.startsWith('ERR max number of clients')) return 'refused'
  return text.startsWith('OVERLOADED') || text.startsWith('ERR the transaction exceeds') ? 'shed' : text.slice(0, 60)
}
