import { commandText, RespConnection } from '../../resp-connection.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 64
const documents = 20_000
const documentBytes = 1500
const readForMs = 4000

const get = (target: string, headers = ''): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
const post = (path: string, body: object): string => {
  const text = JSON.stringify(body)
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
  return `${head}Content-Length: ${text.length}\r\n\r\n${text}`
}
const lines = 'Accept: application/x-ndjson\r\n'

interface Question {
  readonly port: 'http' | 'resp'
  readonly text: string
  /** Nothing of the answer is read. */
  readonly deaf?: boolean
}

const questions: readonly Question[] = [
  { port: 'http', text: get('/v1/records?limit=1000').repeat(64) },
  { port: 'http', text: get('/v1/records?limit=1000&order=desc&values=false').repeat(64) },
  { port: 'http', text: get('/v1/records', lines) },
  { port: 'http', text: get('/v1/records', lines), deaf: true },
  { port: 'http', text: get('/v1/count').repeat(64) },
  { port: 'http', text: post('/v1/query', { where: { $or: [{ a: { $gt: 1 } }, { 'b.c': { $exists: true } }] } }) },
  { port: 'http', text: post('/v1/query', { aggregate: { n: { count: '*' } }, groupBy: ['a', 'b'] }) },
  { port: 'http', text: post('/v1/query', { aggregate: { n: { count: '*' } }, groupBy: ['text'] }) },
  { port: 'http', text: post('/v1/query', { prefix: 'scans:', orderBy: [{ field: 'text', order: 'asc' }] }) },
  { port: 'http', text: post('/v1/query', { orderBy: [{ field: 'a', order: 'desc' }], limit: 10 }) },
  { port: 'resp', text: commandText('KEYS', '*') },
  { port: 'resp', text: commandText('KEYS', '*[0-9]*[0-9]*[0-9]*[0-9]*x') },
  { port: 'resp', text: commandText('KEYS', '*'), deaf: true },
  { port: 'resp', text: commandText('KEYS', '*').repeat(128) },
  { port: 'resp', text: commandText('SCAN', '0', 'COUNT', '1000').repeat(512) },
  { port: 'resp', text: commandText('SCAN', '0', 'MATCH', '*no*such*key*', 'COUNT', '1000').repeat(512) },
  { port: 'resp', text: commandText('DBSIZE').repeat(512) },
  { port: 'resp', text: commandText('RANDOMKEY').repeat(512) },
]

export const scans: Attack = {
  name: 'scans',
  what: `${lanes} connections with pipelines of scans, counts and queries over everything, KEYS *, SCAN; some unread`,
  expects: {
    answered: 'must',
    unread: 'must',
    shed: 'may',
    'too large': 'may',
    late: 'may',
    nothing: 'may',
    refused: 'may',
    'no connection': 'may',
  },
  run: async (context) => {
    const sources = new Sources(context)
    await prepare(context, sources)
    await repeat(context, lanes * context.scale, (serial) =>
      ask(context, sources, questions[serial % questions.length]!),
    )
  },
}

/** Documents that all differ, for queries that have to remember each. */
async function prepare({ addresses, scale }: AttackContext, sources: Sources): Promise<void> {
  const connection = await RespConnection.open(addresses.resp, sources.take())
  for (let i = 0; i < documents * scale; i += 100) {
    const writes = Array.from({ length: 100 }, (_, j) =>
      connection.ask('SET', `scans:${i + j}`, JSON.stringify({ a: j, text: `${i + j} `.padEnd(documentBytes, 'x') })),
    )
    await Promise.all(writes)
  }
  connection.close()
}

async function ask({ addresses, tally, deadline }: AttackContext, sources: Sources, question: Question): Promise<void> {
  const deaf = question.deaf === true
  const client = await RawClient.open(addresses[question.port], sources.take(), { deaf })
  if (client === undefined) {
    tally.count('no connection')
    await pause(200)
    return
  }
  client.send(question.text)
  await client.over(Math.max(100, Math.min(readForMs, deadline - performance.now())))
  for (const outcome of deaf ? ['unread'] : outcomesOf(client.received)) tally.count(outcome)
  if (isRefusal(client.received)) await pause(200)
  client.destroy()
}

/** What came: everything that a flood of questions may be told, each once. */
function outcomesOf(received: string): readonly string[] {
  if (isRefusal(received)) return ['refused']
  const statuses = new Set(statusesIn(received))
  const found: string[] = []
  if (statuses.has(200) || /^[*$:]/.test(received)) found.push('answered')
  if (statuses.has(503) || received.includes('-OVERLOADED')) found.push('shed')
  if (statuses.has(504) || received.includes('-TIMEOUT')) found.push('late')
  if (statuses.has(422) || received.includes('-ERR result-too-large')) found.push('too large')
  for (const status of statuses) if (![200, 503, 504, 422].includes(status)) found.push(String(status))
  if (found.length > 0) return found
  return [received === '' ? 'nothing' : received.slice(0, 60)]
}
