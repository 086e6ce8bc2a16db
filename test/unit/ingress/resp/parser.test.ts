import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  gotCommand,
  gotFault,
  gotOversize,
  needMore,
  type ParserLimits,
  RespParser,
} from '../../../../src/ingress/resp/parser.ts'
import { ReceiveBudget } from '../../../../src/ingress/resp/receive-budget.ts'
import { commandBytes } from '../../../support/resp-reply.ts'

const limits: ParserLimits = {
  maxArguments: 1000,
  maxBulkBytes: 200_000,
  keptBulkBytes: 100_000,
  maxRequestBytes: 150_000,
}

/** What a parser finds in chunks: commands as lists of texts, `!` and the text of a fault, `?` and what was too large. */
function parse(chunks: readonly Buffer[], authenticated = true, bounds = limits): (string[] | string)[] {
  const parser = new RespParser(bounds, new ReceiveBudget(1 << 30))
  const found: (string[] | string)[] = []
  for (const chunk of chunks) {
    parser.feed(chunk)
    for (;;) {
      const parsed = parser.next(authenticated)
      if (parsed === needMore) break
      if (parsed === gotFault) return [...found, `!${parser.fault}`]
      if (parsed === gotOversize) found.push(`?${parser.oversize}`)
      else {
        assert.equal(parsed, gotCommand)
        found.push(Array.from({ length: parser.args.count }, (_, i) => parser.args.text(i)))
      }
    }
  }
  return found
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const error = (text: string): string => `!Protocol error: ${text}`

interface Case {
  readonly name: string
  readonly input: string
  readonly found: readonly (string[] | string)[]
  readonly authenticated?: false
}

/** Input and what Redis 7.0.15 makes of it (the texts are checked against the real server in the differential test). */
const cases: readonly Case[] = [
  { name: 'a command', input: '*2\r\n$3\r\nGET\r\n$1\r\na\r\n', found: [['GET', 'a']] },
  { name: 'two commands', input: '*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nping\r\n', found: [['PING'], ['ping']] },
  { name: 'empty arguments', input: '*2\r\n$0\r\n\r\n$0\r\n\r\n', found: [['', '']] },
  { name: 'line ends in arguments', input: '*1\r\n$5\r\na\r\n\0b\r\n', found: [['a\r\n\0b']] },
  { name: 'all bytes', input: '*1\r\n$4\r\n\x00\x7f\x80\xff\r\n', found: [['\x00\x7f\x80\xff']] },
  { name: 'long arguments', input: `*1\r\n$1234\r\n${'x'.repeat(1234)}\r\n`, found: [['x'.repeat(1234)]] },
  { name: 'no arguments', input: '*0\r\n*1\r\n$1\r\na\r\n', found: [['a']] },
  { name: 'fewer than no arguments', input: '*-7\r\n*1\r\n$1\r\na\r\n', found: [['a']] },
  {
    name: 'what follows an argument is not looked at',
    input: '*1\r\n$1\r\naXY*1\r\n$1\r\nb\r\n',
    found: [['a'], ['b']],
  },
  { name: 'what follows a CR is not looked at', input: '*1\rX$1\rYa\r\n', found: [['a']] },
  { name: 'inline', input: 'GET a\r\n', found: [['GET', 'a']] },
  {
    name: 'inline, bare newline',
    input: 'GET a\nGET b\n',
    found: [
      ['GET', 'a'],
      ['GET', 'b'],
    ],
  },
  { name: 'inline, blanks', input: ' \t GET \x0b  a \r\n', found: [['GET', 'a']] },
  { name: 'inline, a vertical tab in a word', input: 'a\x0bb\r\n', found: [['a\x0bb']] },
  { name: 'inline, nothing', input: '\r\n\n   \r\nx\r\n', found: [['x']] },
  { name: 'inline, a CR in the line', input: 'a\rb\r\n', found: [['a', 'b']] },
  {
    name: 'inline, double quotes',
    input: '"a b" "\\x41\\n\\r\\t\\b\\a\\\\\\"\\q" ""\n',
    found: [['a b', 'A\n\r\t\b\x07\\"q', '']],
  },
  { name: 'inline, wrong hexadecimal', input: '"\\x4g\\x" x\n', found: [['x4gx', 'x']] },
  { name: 'inline, single quotes', input: "'a\\'b\\n' ''\n", found: [["a'b\\n", '']] },
  { name: 'inline, quotes in a word', input: 'a"b c"\n', found: [['ab c']] },
  { name: 'inline, unclosed', input: 'x "a\n', found: [error('unbalanced quotes in request')] },
  { name: 'inline, unclosed single', input: "x 'a\n", found: [error('unbalanced quotes in request')] },
  { name: 'inline, ends in a backslash', input: 'x "a\\\n', found: [error('unbalanced quotes in request')] },
  { name: 'inline, closed in a word', input: '"a"b\n', found: [error('unbalanced quotes in request')] },
  { name: 'inline, NUL', input: 'a\0b\n', found: [error('NUL byte in inline request')] },
  { name: 'count is no number', input: '*x\r\n', found: [error('invalid multibulk length')] },
  { name: 'count is empty', input: '*\r\n', found: [error('invalid multibulk length')] },
  { name: 'count has a plus', input: '*+1\r\n', found: [error('invalid multibulk length')] },
  { name: 'count has a leading zero', input: '*01\r\n', found: [error('invalid multibulk length')] },
  { name: 'count is negative zero', input: '*-0\r\n', found: [error('invalid multibulk length')] },
  { name: 'count has a blank', input: '* 1\r\n', found: [error('invalid multibulk length')] },
  { name: 'count is above the limit', input: '*1001\r\n', found: [error('invalid multibulk length')] },
  { name: 'count is huge', input: '*99999999999999999999999\r\n', found: [error('invalid multibulk length')] },
  { name: 'length is no number', input: '*1\r\n$x\r\n', found: [error('invalid bulk length')] },
  { name: 'length is empty', input: '*1\r\n$\r\n', found: [error('invalid bulk length')] },
  { name: 'length is negative', input: '*1\r\n$-1\r\n', found: [error('invalid bulk length')] },
  { name: 'length is above the limit', input: '*1\r\n$200001\r\n', found: [error('invalid bulk length')] },
  { name: 'length is huge', input: '*1\r\n$99999999999999999999\r\n', found: [error('invalid bulk length')] },
  { name: 'another type', input: '*1\r\n:1\r\n', found: [error("expected '$', got ':'")] },
  {
    name: 'another type, first command kept',
    input: 'a\n*1\r\n+a\r\n',
    found: [['a'], error("expected '$', got '+'")],
  },
  { name: 'a line end for a type', input: '*1\r\n\r\n', found: [error("expected '$', got ' '")] },
  {
    name: 'ten arguments before authentication',
    input: `*10\r\n${'$1\r\na\r\n'.repeat(10)}`,
    authenticated: false,
    found: [Array<string>(10).fill('a')],
  },
  {
    name: 'eleven arguments before authentication',
    input: '*11\r\n',
    authenticated: false,
    found: [error('unauthenticated multibulk length')],
  },
  {
    name: 'a long argument before authentication',
    input: '*1\r\n$16385\r\n',
    authenticated: false,
    found: [error('unauthenticated bulk length')],
  },
]

for (const { name, input, found, authenticated } of cases) {
  test(`parser: ${name}`, () => {
    const whole = bytes(input)
    assert.deepEqual(parse([whole], authenticated), found, 'in one piece')
    for (let cut = 1; cut < whole.length; cut++) {
      const chunks = [whole.subarray(0, cut), whole.subarray(cut)]
      assert.deepEqual(parse(chunks, authenticated), found, `cut at ${cut}`)
    }
    const single = Array.from(whole, (byte) => Buffer.from([byte]))
    assert.deepEqual(parse(single, authenticated), found, 'byte by byte')
  })
}

test('parser: lines without an end', () => {
  const long = 'a'.repeat(64 * 1024)
  assert.deepEqual(parse([bytes(long)]), [])
  assert.deepEqual(parse([bytes(long), bytes('a')]), [error('too big inline request')])
  assert.deepEqual(parse([bytes(`*${long}`)]), [error('too big mbulk count string')])
  assert.deepEqual(parse([bytes(`*1\r\n$${long}`)]), [error('too big bulk count string')])
})

test('parser: a command that is too large is read over, and the next one is read', () => {
  const next = commandBytes('PING')
  const argument = commandBytes('SET', 'k', Buffer.alloc(100_001))
  const many = commandBytes('MSET', ...Array.from({ length: 4 }, () => Buffer.alloc(50_000, 'x')))
  const oversize = '?ERR an argument of 100001 bytes exceeds the limit of 100000 bytes'
  const overall = '?ERR a command of more than 150000 bytes exceeds the limit'
  for (const size of [1 << 20, 65536, 4099, 777]) {
    const whole = Buffer.concat([next, argument, next, many, next])
    const chunks: Buffer[] = []
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size))
    assert.deepEqual(parse(chunks), [['PING'], oversize, ['PING'], overall, ['PING']], `in pieces of ${size}`)
  }
})

test('parser: an announced length costs no memory until the bytes come', () => {
  const before = process.memoryUsage().arrayBuffers
  const parsers = Array.from({ length: 1000 }, () => new RespParser(limits, new ReceiveBudget(1 << 30)))
  for (const parser of parsers) {
    parser.feed(bytes('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$99999\r\nabc'))
    assert.equal(parser.next(true), needMore)
    parser.feed(bytes('def'))
    assert.equal(parser.next(true), needMore)
  }
  const grown = process.memoryUsage().arrayBuffers - before
  assert.ok(grown < 8 << 20, `${grown} bytes for 1,000 parsers`)
})

test('parser: memory is given back when a command is whole', () => {
  const budget = new ReceiveBudget(1 << 30)
  const parser = new RespParser(limits, budget)
  const whole = commandBytes('SET', 'k', Buffer.alloc(90_000))
  for (let at = 0; at < whole.length; at += 1000) {
    parser.feed(whole.subarray(at, at + 1000))
    assert.equal(parser.next(true), at + 1000 < whole.length ? needMore : gotCommand)
  }
  assert.ok(budget.held >= 90_000 && budget.held < 400_000, `${budget.held} bytes`)
  assert.equal(parser.next(true), needMore)
  assert.equal(budget.held, 0)
})

test('parser: without room for a large command, it is dropped and the next one is read', () => {
  const next = commandBytes('PING')
  const large = commandBytes('MSET', 'a', Buffer.alloc(60_000, 'x'), 'b', Buffer.alloc(30_000, 'y'))
  const whole = Buffer.concat([next, large, next, large, next])
  for (const size of [30_001, 16_000, 9001, 501]) {
    const budget = new ReceiveBudget(40_000)
    const parser = new RespParser(limits, budget)
    const found: string[] = []
    for (let at = 0; at < whole.length; at += size) {
      parser.feed(whole.subarray(at, at + size))
      for (let parsed = parser.next(true); parsed !== needMore; parsed = parser.next(true)) {
        found.push(parsed === gotOversize ? parser.oversize : parser.args.text(0))
      }
      assert.ok(budget.held <= 40_000, `${budget.held} bytes held`)
    }
    const dropped = 'OVERLOADED reason=backlog retry-after-ms=1000'
    assert.deepEqual(found, ['PING', dropped, 'PING', dropped, 'PING'], `in pieces of ${size}`)
    assert.equal(budget.held, 0)
  }
})

test('parser: random commands in random pieces', () => {
  const argument = fc.uint8Array({ maxLength: 40 })
  const command = fc.array(argument, { minLength: 1, maxLength: 6 })
  const inline = fc.stringMatching(/^[a-z]{1,5}( [a-z]{1,5}){0,3}$/)
  const property = fc.property(
    fc.array(fc.oneof(command, inline), { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }),
    (commands, sizes) => {
      const whole = Buffer.concat(
        commands.map((one) => (typeof one === 'string' ? bytes(`${one}\r\n`) : commandBytes(...one))),
      )
      const chunks: Buffer[] = []
      for (let at = 0, i = 0; at < whole.length; i++) {
        const size = sizes[i % sizes.length]!
        chunks.push(whole.subarray(at, at + size))
        at += size
      }
      const expected = commands.map((one) =>
        typeof one === 'string' ? one.split(' ') : one.map((each) => Buffer.from(each).latin1Slice()),
      )
      assert.deepEqual(parse(chunks), expected)
    },
  )
  fc.assert(property, { numRuns: 500 })
})
