import { RespConnection, RespError, type RespReply } from '../../resp-connection.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 8
const answerLimitMs = 5000
const keys = 65_535
const bigBytes = 900_000
const pairs = 1000
const operations = 1000

/** Commands as wide as `limits.maxRespArguments` lets through, and answers far wider than the question. */
export const wideCommands: Attack = {
  name: 'wide-commands',
  what: `MGET, EXISTS and DEL of ${keys} keys, MGET of one large value ${keys} times over, MSET of ${pairs} pairs, a batch of ${operations} reads`,
  expects: {
    answered: 'must',
    'result-too-large': 'must',
    shed: 'may',
    timeout: 'may',
    closed: 'may',
    'no connection': 'may',
  },
  run: async (context) => {
    const sources = new Sources(context)
    await prepare(context, sources)
    const commands = commandsOf()
    await repeat(context, lanes * context.scale, (serial) => {
      const command = commands[serial % (commands.length + 1)]
      return command === undefined ? askBatch(context, sources) : ask(context, sources, command)
    })
  },
}

function commandsOf(): readonly (readonly string[])[] {
  const many = Array.from({ length: keys }, (_, i) => `wide:${i}`)
  const same = Array.from({ length: keys }, () => 'wide:big')
  const written = Array.from({ length: pairs }, (_, i) => [`{wide}${i}`, 'x'.repeat(1000)]).flat()
  return [
    ['MGET', ...many],
    ['EXISTS', ...many],
    ['MGET', ...same],
    ['DEL', ...many],
    ['MSET', ...written],
  ]
}

async function prepare({ addresses }: AttackContext, sources: Sources): Promise<void> {
  const connection = await RespConnection.open(addresses.resp, sources.take())
  await connection.ask('SET', 'wide:big', 'x'.repeat(bigBytes))
  connection.close()
}

async function ask({ addresses, tally }: AttackContext, sources: Sources, command: readonly string[]): Promise<void> {
  let connection: RespConnection
  try {
    connection = await RespConnection.open(addresses.resp, sources.take())
  } catch {
    tally.count('no connection')
    await pause(200)
    return
  }
  try {
    tally.count(outcomeOf(await connection.askList(command)))
  } catch {
    tally.count('closed')
  }
  connection.close()
}

/** The same large value many times, as a batch of reads. */
async function askBatch({ addresses, tally }: AttackContext, sources: Sources): Promise<void> {
  const client = await RawClient.open(addresses.http, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(200)
    return
  }
  const body = JSON.stringify({ ops: Array.from({ length: operations }, () => ({ op: 'get', key: 'wide:big' })) })
  const head = 'POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n'
  client.send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
  await client.over(answerLimitMs)
  const [status] = statusesIn(client.received)
  if (isRefusal(client.received) || status === 503) tally.count('shed')
  else if (status === 200) tally.count('answered')
  else if (status === 422) tally.count('result-too-large')
  else if (status === 504) tally.count('timeout')
  else tally.count(status === undefined ? 'closed' : String(status))
  client.destroy()
}

function outcomeOf(reply: RespReply): string {
  if (!(reply instanceof RespError)) return 'answered'
  if (reply.message.startsWith('OVERLOADED')) return 'shed'
  if (reply.message.startsWith('TIMEOUT')) return 'timeout'
  return reply.message.startsWith('ERR result-too-large') ? 'result-too-large' : reply.message.slice(0, 60)
}
