import { commandText } from '../../resp-connection.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources, statusesIn } from '../raw-client.ts'

const lanes = 8
const answerLimitMs = 5000

/** A target as it stands in the request line, and how PUT must be answered. */
interface Target {
  readonly target: string
  readonly status: number
  /** The `code` of the problem document. */
  readonly code?: string
  /** GET of this must find what was written. */
  readonly same?: string
}

const badKey = { status: 400, code: 'bad-key' }
/** A status of a successful write may be 201 or 204; 201 stands for both. */
const written = 201

const targets: readonly Target[] = [
  { target: '/v1/records/../../etc/passwd', status: written, same: '/v1/records/..%2f..%2fetc%2fpasswd' },
  { target: '/v1/records/%2e%2e%2f%2e%2e%2fetc%2fshadow', status: written, same: '/v1/records/../../etc/shadow' },
  { target: '/v1/records/..%5c..%5cwindows', status: written },
  { target: '/v1/records/..;/..;/admin', status: written },
  { target: '/v1/records//etc/hosts', status: written, same: '/v1/records/%2Fetc%2Fhosts' },
  { target: '/v1/records/%00', status: written },
  { target: '/v1/records/a%0d%0aSet-Cookie:%20x', status: written },
  { target: '/v1/records/%252e%252e', status: written, same: '/v1/records/%252e%252e' },
  { target: '/v1/records/%c0%ae%c0%ae%c0%af', status: written },
  { target: `/v1/records/${'k'.repeat(1024)}`, status: written },
  { target: `/v1/records/${'%6c'.repeat(1024)}`, status: written, same: `/v1/records/${'l'.repeat(1024)}` },
  { target: `/v1/records/${'k'.repeat(1025)}`, ...badKey },
  { target: '/v1/records/%', ...badKey },
  { target: '/v1/records/%z1', ...badKey },
  { target: '/v1/records/a%2', ...badKey },
  { target: '/v1/records/%u002e', ...badKey },
  { target: '/v1/records/%-1', ...badKey },
  { target: '/v1/records/', ...badKey },
  { target: '/v1/records/caf\xe9', ...badKey },
  { target: '/v1/records/\xc0\xae\xc0\xae/', ...badKey },
  { target: '/../v1/records/a', status: 404, code: 'route-not-found' },
  { target: '/v1/./records/a', status: 404, code: 'route-not-found' },
  { target: '/v1/records/../count', status: written },
  { target: '/v1/count/../records/a', status: 404, code: 'route-not-found' },
  { target: '/V1/records/a', status: 404, code: 'route-not-found' },
  { target: '/etc/passwd', status: 404, code: 'route-not-found' },
  { target: '//v1/records/a', status: 404, code: 'route-not-found' },
  { target: 'v1/records/a', status: 400, code: 'malformed' },
  { target: '/v1/records/a#b', status: 400, code: 'malformed' },
  { target: '/v1/records/a\x7fb', status: 400, code: 'malformed' },
  { target: 'file:///etc/passwd', status: 400, code: 'malformed' },
  { target: `/v1/records/${'a'.repeat(9000)}`, status: 414, code: 'uri-too-long' },
]

/** Queries whose keys are no better. */
const queries: readonly Target[] = [
  { target: '/v1/records?prefix=%', ...badKey },
  { target: '/v1/records?start=%zz', ...badKey },
  { target: '/v1/count?prefix=%2', ...badKey },
  { target: '/v1/records?limit=-1', status: 400, code: 'bad-parameter' },
  { target: '/v1/records?limit=1e9', status: 400, code: 'bad-parameter' },
  { target: '/v1/records?cursor=../../../etc', status: 400, code: 'bad-cursor' },
  { target: '/v1/leases/..%2f..', status: 404 },
]

const redis: readonly { readonly command: readonly string[]; readonly answer: string }[] = [
  { command: ['SET', '../../etc/group', 'x'], answer: '+OK' },
  { command: ['SET', '\x00\r\n+OK\r\n', 'x'], answer: '+OK' },
  { command: ['SET', 'r'.repeat(1024), 'x'], answer: '+OK' },
  { command: ['SET', 'k'.repeat(1025), 'x'], answer: '-ERR' },
  { command: ['SET', '', 'x'], answer: '-ERR' },
  { command: ['GET', 'k'.repeat(100_000)], answer: '-ERR' },
  { command: ['CONFIG', 'SET', 'dir', '/etc'], answer: '-ERR' },
  { command: ['DEBUG', 'SLEEP', '10'], answer: '-ERR unknown command' },
  { command: ['\r\n-injected', 'x'], answer: '-ERR unknown command' },
]

export const hostileKeys: Attack = {
  name: 'hostile-keys',
  what: 'keys that climb out of folders, bad escapes, control bytes, keys too long or empty, on both ports',
  expects: { refusal: 'must', written: 'must', 'read back': 'must', refused: 'may', 'no connection': 'may' },
  run: async (context) => {
    const sources = new Sources(context)
    const cases = [
      ...targets.map((target) => (): Promise<void> => tryTarget(context, sources, 'PUT', target)),
      ...queries.map((target) => (): Promise<void> => tryTarget(context, sources, 'GET', target)),
      ...redis.map((each) => (): Promise<void> => tryCommand(context, sources, each)),
    ]
    await repeat(context, lanes * context.scale, (serial) => cases[serial % cases.length]!())
  },
}

async function tryTarget(context: AttackContext, sources: Sources, method: string, wanted: Target): Promise<void> {
  const { tally } = context
  const { target, status, code, same } = wanted
  const value = `of ${target.slice(0, 100)}`
  const answer = await exchange(context, sources, `${method} ${target} HTTP/1.1`, method === 'PUT' ? value : '')
  if (answer === undefined) return
  const got = statusesIn(answer)
  const right = status === written ? got.join() === '201' || got.join() === '204' : got.join() === String(status)
  if (!right || (code !== undefined && !answer.includes(`"code":"${code}"`))) {
    tally.problem(
      `${method} ${JSON.stringify(target.slice(0, 60))}: got ${got.join() || 'nothing'} ${answer.slice(-200)}`,
    )
    return
  }
  tally.count(status === written ? 'written' : 'refusal')
  if (status !== written) return
  const back = await exchange(context, sources, `GET ${same ?? target} HTTP/1.1`, '')
  if (back === undefined) return
  if (statusesIn(back).join() === '200' && back.endsWith(`\r\n\r\n${value}`)) tally.count('read back')
  else
    tally.problem(
      `GET ${JSON.stringify((same ?? target).slice(0, 60))}: got ${JSON.stringify(back.slice(0, 80))}, not what was written`,
    )
}

/** One request on a connection of its own; undefined if it was not let in. */
async function exchange(
  { addresses, tally }: AttackContext,
  sources: Sources,
  line: string,
  body: string,
): Promise<string | undefined> {
  const client = await RawClient.open(addresses.http, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(100)
    return undefined
  }
  client.send(`${line}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  const closed = await client.over(answerLimitMs)
  const { received } = client
  client.destroy()
  if (isRefusal(received)) {
    tally.count('refused')
    await pause(100)
    return undefined
  }
  if (!closed) tally.problem(`${line.slice(0, 60)}: the connection stayed open`)
  return received
}

async function tryCommand(
  { addresses, tally }: AttackContext,
  sources: Sources,
  { command, answer }: (typeof redis)[number],
): Promise<void> {
  const client = await RawClient.open(addresses.resp, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(100)
    return
  }
  client.send(commandText(...command) + commandText('PING'))
  await client.until((received) => received.endsWith('+PONG\r\n'), answerLimitMs)
  const { received } = client
  if (isRefusal(received)) {
    tally.count('refused')
    await pause(100)
  } else if (received.startsWith(answer) && received.endsWith('+PONG\r\n') && received.split('\r\n').length === 3) {
    tally.count(answer === '+OK' ? 'written' : 'refusal')
  } else
    tally.problem(`${JSON.stringify(command.join(' ').slice(0, 60))}: got ${JSON.stringify(received.slice(0, 120))}`)
  client.destroy()
}
