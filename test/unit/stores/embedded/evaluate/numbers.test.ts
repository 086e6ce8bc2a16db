import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { addFloats, parseInteger } from '../../../../../src/stores/embedded/evaluate/numbers.ts'
import { type RedisServer, startRedisServer } from '../../../../support/redis-server.ts'
import { RespClient } from '../../../../support/resp-client.ts'
import { commandBytes } from '../../../../support/resp-reply.ts'

const digits = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 0, maxLength: max })
const sign = fc.constantFrom('', '', '', '-', '+')

/** Decimal texts, most of them valid: plain ones, long ones, and such at the edges of what the format holds. */
const decimal: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(sign, digits(6), digits(6)).map(([s, a, b]) => `${s}${a}.${b}`) },
  { weight: 3, arbitrary: fc.tuple(sign, digits(19)).map(([s, a]) => s + a) },
  { weight: 2, arbitrary: fc.tuple(sign, digits(40), digits(40)).map(([s, a, b]) => `${s}${a}.${b}`) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(sign, digits(20), digits(20), fc.constantFrom('e', 'E'), fc.integer({ min: -40, max: 40 }))
      .map(([s, a, b, e, n]) => `${s}${a}.${b}${e}${n}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        sign,
        digits(5),
        fc.constantFrom(-4980, -4966, -4951, -4950, -4932, 4900, 4930, 4931, 4932, 4933, 5100, -99999, 99999),
      )
      .map(([s, a, n]) => `${s}${a}e${n}`),
  },
  { weight: 1, arbitrary: digits(900).map((text) => `1${text}.5`) },
)

/** What strtold, string2ld and the limits of both make special. */
const corners = [
  ...[
    '0',
    '-0',
    '+0',
    '0.0',
    '-0.0',
    '.',
    '-',
    '+',
    '',
    ' 1',
    '1 ',
    '1.',
    '.5',
    '-.5',
    '+.5',
    '00012.50',
    '1e',
    '1e+',
    'e5',
  ],
  ...[
    '1e5',
    '1E5',
    '1e+5',
    '1e-5',
    '1e05',
    '1e00000005',
    '1e000000000000005',
    '1e5.5',
    '1_000',
    '1,5',
    '--1',
    '+-1',
    '1-',
    '0x',
    '0b1',
    '0x1p3',
    '-0X1.8P-1',
    '0x.8',
    '0x8.',
    '0x1p',
    '0x1p99999',
    '0x1p-99999',
    '0x1p-16445',
    '0x1p-16446',
    '0x1.8p-16446',
    '0xffffffffffffffffff',
    '0x1.fffffffffffffffep16383',
    '0x1.ffffffffffffffffp16383',
  ],
  ...['inf', '-inf', '+inf', 'INF', 'infinity', '-Infinity', 'infinit', 'nan', 'NaN', '-nan', 'nan(1)'],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '18446744073709551615',
    '18446744073709551616',
  ],
  ...[
    '18446744073709551617',
    '0.1',
    '0.3',
    '3.0e3',
    '1e-17',
    '5e-18',
    '4.9e-18',
    '-5e-18',
    '1e-18',
    '0.99999999999999999999',
  ],
  ...[
    '1.18973149535723176502e+4932',
    '1.18973149535723176506e+4932',
    '1.2e4932',
    '-1.2e4932',
    '3.36e-4932',
    '1e-4950',
    '1e-4951',
    '1e-4952',
  ],
  ...[
    '1.8e-4951',
    '1.9e-4951',
    '0e99999',
    '0e-99999',
    `0.${'0'.repeat(5000)}1`,
    `${'9'.repeat(254)}`,
    `${'9'.repeat(255)}`,
    `${'9'.repeat(256)}`,
  ],
  ...[
    `${'9'.repeat(4932)}`,
    `${'9'.repeat(4933)}`,
    `1${'0'.repeat(5117)}`,
    `0.${'3'.repeat(5117)}`,
    `0.${'3'.repeat(5118)}`,
    `0.${'0'.repeat(4940)}7`,
  ],
]

function shown(sum: ReturnType<typeof addFloats>): string {
  if (sum === 'invalid') return '-ERR value is not a valid float\r\n'
  if (sum === 'not-finite') return '-ERR increment would produce NaN or Infinity\r\n'
  return `$${sum.text.length}\r\n${sum.text}\r\n`
}

describe('INCRBYFLOAT, beside a real redis-server', () => {
  let redis: RedisServer | undefined
  let client: RespClient

  before(async () => {
    redis = await startRedisServer()
    if (redis !== undefined) client = await RespClient.connect(redis.port)
  })
  after(async () => {
    client?.close()
    await redis?.stop()
  })

  /** Redis' replies to adding each pair. */
  async function answers(pairs: readonly (readonly [string, string])[]): Promise<string[]> {
    client.send(
      Buffer.concat(pairs.flatMap(([a, b]) => [commandBytes('SET', 'k', a), commandBytes('INCRBYFLOAT', 'k', b)])),
    )
    const out: string[] = []
    for (let i = 0; i < pairs.length; i++) {
      await client.reply()
      out.push(await client.reply())
    }
    return out
  }

  async function compare(pairs: readonly (readonly [string, string])[]): Promise<void> {
    for (const [place, answer] of (await answers(pairs)).entries()) {
      const [a, b] = pairs[place]!
      const own = shown(addFloats(a, b))
      if (own !== answer) assert.fail(`${short(a)} + ${short(b)}: Redis says ${short(answer)}, we say ${short(own)}`)
    }
  }

  test('every corner added to every other', async (t) => {
    if (redis === undefined) return t.skip('redis-server is not installed')
    for (const a of corners) await compare(corners.map((b) => [a, b] as const))
  })

  test('random decimals', async (t) => {
    if (redis === undefined) return t.skip('redis-server is not installed')
    const run = fc.asyncProperty(fc.array(fc.tuple(decimal, decimal), { minLength: 1, maxLength: 200 }), compare)
    await fc.assert(run, { numRuns: 60, interruptAfterTimeLimit: 15_000 })
  })

  test('a running sum', async (t) => {
    if (redis === undefined) return t.skip('redis-server is not installed')
    const run = fc.asyncProperty(
      fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { maxLength: 60 }),
      async (steps) => {
        await client.ask('SET', 'sum', '0')
        let sum = '0'
        for (const step of steps) {
          const own = addFloats(sum, `${step}`)
          assert.equal(await client.ask('INCRBYFLOAT', 'sum', `${step}`), shown(own))
          if (typeof own === 'object') sum = own.text
        }
      },
    )
    await fc.assert(run, { numRuns: 30, interruptAfterTimeLimit: 10_000 })
  })

  test('integers are what INCRBY takes for one', async (t) => {
    if (redis === undefined) return t.skip('redis-server is not installed')
    const texts = [
      ...corners,
      '-1',
      '10',
      '-10',
      '007',
      '-00',
      '1\n',
      '\u00001',
      '-9223372036854775809',
      '99999999999999999999',
    ]
    for (const text of texts) {
      await client.ask('SET', 'k', text)
      const answer = await client.ask('INCRBY', 'k', '0')
      const own = parseInteger(Buffer.from(text, 'latin1'))
      assert.equal(
        own === undefined ? '-ERR value is not an integer or out of range\r\n' : `:${own}\r\n`,
        answer,
        short(text),
      )
    }
  })
})

function short(text: string): string {
  const plain = JSON.stringify(text)
  return plain.length < 80 ? plain : `${plain.slice(0, 30)}...${plain.slice(-10)} (${text.length})`
}
