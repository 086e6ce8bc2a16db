import { commandText } from '../../resp-connection.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { isRefusal, pause, RawClient, repeat, Sources } from '../raw-client.ts'

const lanes = 24
const answerLimitMs = 5000
const block = Buffer.alloc(64 * 1024, 'x')
const mebibyte = 2 ** 20

interface Shape {
  readonly name: string
  readonly begin: string
  /** Blocks of 64 KiB sent behind it, while the connection lives. */
  readonly blocks?: number
  readonly end?: string
  /** How the answer begins; undefined: there is none, the command is not whole. */
  readonly answer: string | undefined
  /** The connection is closed behind the answer, or goes on. */
  readonly closes: boolean
}

const protocolError = '-ERR Protocol error: '
const tooMany = { answer: `${protocolError}invalid multibulk length`, closes: true }
const tooLong = { answer: `${protocolError}invalid bulk length`, closes: true }
const set = '*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n'

const shapes: readonly Shape[] = [
  { name: 'an array of 1,000,000', begin: '*1000000\r\n', ...tooMany },
  { name: 'an array of 1,048,576 with its arguments', begin: '*1048576\r\n', blocks: 32, ...tooMany },
  { name: 'an array of 65,537', begin: '*65537\r\n', ...tooMany },
  { name: 'an array of 2^63', begin: '*9223372036854775808\r\n', ...tooMany },
  { name: 'a length that is no number', begin: '*3x\r\n', ...tooMany },
  { name: 'an argument of 1 GiB', begin: `${set}$1073741824\r\n`, blocks: 32, ...tooLong },
  { name: 'an argument of 512 MiB and one', begin: `${set}$${512 * mebibyte + 1}\r\n`, ...tooLong },
  { name: 'a negative argument', begin: `${set}$-5\r\n`, ...tooLong },
  { name: 'no argument', begin: '*1\r\nPING\r\n', answer: `${protocolError}expected '$', got 'P'`, closes: true },
  {
    name: 'an argument of 512 MiB that stops coming',
    begin: `${set}$${512 * mebibyte}\r\n`,
    blocks: 48,
    answer: undefined,
    closes: false,
  },
  {
    name: 'an argument of 8 MiB, sent in full',
    begin: `${set}$${8 * mebibyte}\r\n`,
    blocks: 128,
    end: `\r\n${commandText('PING')}`,
    answer: '-ERR an argument of 8388608 bytes exceeds',
    closes: false,
  },
  {
    name: 'a line without end',
    begin: 'GET ',
    blocks: 4,
    answer: `${protocolError}too big inline request`,
    closes: true,
  },
  {
    name: 'a line of quotes',
    begin: 'SET k "abc\r\n',
    answer: `${protocolError}unbalanced quotes in request`,
    closes: true,
  },
]

export const respSizes: Attack = {
  name: 'resp-sizes',
  what: 'Redis arrays of 1,000,000 arguments, arguments of 512 MiB and more, lines without end',
  expects: {
    error: 'must',
    'nothing yet': 'may',
    'closed while sending': 'may',
    refused: 'may',
    'no connection': 'may',
  },
  run: async (context) => {
    const sources = new Sources(context)
    await repeat(context, lanes * context.scale, (serial) => send(context, sources, shapes[serial % shapes.length]!))
  },
}

async function send({ addresses, tally }: AttackContext, sources: Sources, shape: Shape): Promise<void> {
  const client = await RawClient.open(addresses.resp, sources.take())
  if (client === undefined) {
    tally.count('no connection')
    await pause(100)
    return
  }
  client.send(shape.begin)
  for (let i = 0; i < (shape.blocks ?? 0) && !client.isClosed; i++) {
    if (!client.send(block)) await client.taken(answerLimitMs)
  }
  if (shape.end !== undefined) client.send(shape.end)
  const { answer } = shape
  if (answer === undefined) {
    await client.until((received) => received !== '', 500)
    tally.count(client.received === '' ? 'nothing yet' : 'error')
  } else await compare(client, shape, answer, tally)
  client.destroy()
}

async function compare(client: RawClient, shape: Shape, answer: string, tally: AttackContext['tally']): Promise<void> {
  if (shape.closes) await client.over(answerLimitMs)
  else await client.until((received) => received.endsWith('+PONG\r\n'), answerLimitMs)
  const { received, isClosed } = client
  if (isRefusal(received)) {
    tally.count('refused')
    await pause(100)
  } else if (received === '' && isClosed && shape.blocks !== undefined) tally.count('closed while sending')
  else if (received.startsWith(answer) && isClosed === shape.closes) tally.count('error')
  else {
    const how = isClosed ? 'was closed' : 'stayed open'
    tally.problem(`${shape.name}: got ${JSON.stringify(received.slice(0, 80))}, the connection ${how}`)
  }
}
