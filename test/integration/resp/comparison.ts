import assert from 'node:assert/strict'
import { type Random, seededRandom } from '../../../src/runtime/random.ts'
import { RespClient } from '../../support/resp-client.ts'
import { commandBytes } from '../../support/resp-reply.ts'
import { parseReply, type RespValue } from '../../support/resp-value.ts'
import { allKeys, CommandMaker, type Comparison, type RandomCommand } from './random-commands.ts'

/** Milliseconds that may pass between the same command on two servers. */
const toleranceMs = 10_000

export interface ComparisonOptions {
  /** Port of the server under test. */
  readonly port: number
  /** Port of a redis-server 7.0 with `--databases 1` and nothing in it. */
  readonly redisPort: number
  readonly seed: number
  readonly protocol: 2 | 3
  readonly commands: number
}

/**
 * Sends the same random commands to both servers, on one connection each, in pipelines cut at random, and compares the
 * replies. Both servers must hold no other keys.
 */
export async function compareServers(options: ComparisonOptions): Promise<void> {
  const random = seededRandom(options.seed)
  const maker = new CommandMaker(random)
  const tested = await RespClient.connect(options.port)
  const redis = await RespClient.connect(options.redisPort)
  try {
    const begin = ['HELLO', String(options.protocol)]
    await Promise.all([tested.ask(...begin), redis.ask(...begin)])
    await Promise.all([tested.ask('DEL', ...allKeys), redis.ask('DEL', ...allKeys)])
    const history: string[] = []
    for (let done = 0; done < options.commands; ) {
      const group = makeGroup(maker, random)
      done += group.length
      sendInPieces(tested, group, random)
      redis.send(Buffer.concat(group.map(({ args }) => commandBytes(...args))))
      for (const { args, compare } of group) {
        const [actual, expected] = [await tested.reply(), await redis.reply()]
        history.push(`${JSON.stringify(args)} -> ${JSON.stringify(expected).slice(0, 200)}`)
        if (agree(actual, expected, compare)) continue
        const trace = history.slice(-25).join('\n')
        assert.equal(actual, expected, `seed ${options.seed}, RESP${options.protocol}, after\n${trace}`)
      }
    }
  } finally {
    tested.close()
    redis.close()
  }
}

function makeGroup(maker: CommandMaker, random: Random): RandomCommand[] {
  const group: RandomCommand[] = []
  const length = 1 + random.integer(12)
  for (let i = 0; i < length; i++) {
    const kind = random.integer(20)
    if (kind === 0) group.push(maker.wide())
    else if (kind <= 2) group.push(...maker.transaction())
    else group.push(maker.plain())
  }
  return group
}

/** Writes the commands as one pipeline, in pieces cut at random. */
function sendInPieces(client: RespClient, group: readonly RandomCommand[], random: Random): void {
  const whole = Buffer.concat(group.map(({ args }) => commandBytes(...args)))
  for (let at = 0; at < whole.length; ) {
    const size = random.integer(4) === 0 ? 1 + random.integer(20) : 1 + random.integer(whole.length)
    client.send(whole.subarray(at, at + size))
    at += size
  }
}

function agree(actual: string, expected: string, compare: Comparison): boolean {
  if (actual === expected) return true
  if (compare === 'exact') return false
  const [one, other] = [parseReply(actual), parseReply(expected)]
  if (compare === 'presence') return (one.text === 'nil') === (other.text === 'nil') && one.type === other.type
  if (compare === 'unordered') return sortedTexts(one) === sortedTexts(other)
  return closeTo(one, other)
}

function sortedTexts({ type, elements }: RespValue): string {
  return JSON.stringify([type, ...elements.map(({ type: kind, text }) => `${kind}${text}`).sort()])
}

function closeTo(one: RespValue, other: RespValue): boolean {
  if (one.type !== other.type || one.elements.length !== other.elements.length) return false
  if (one.elements.length > 0) return one.elements.every((element, i) => closeTo(element, other.elements[i]!))
  if (one.type !== ':') return one.text === other.text
  const [a, b] = [Number(one.text), Number(other.text)]
  return a === b || (a > 0 && b > 0 && Math.abs(a - b) <= toleranceMs)
}
