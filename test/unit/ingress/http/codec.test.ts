import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Reading, readHttp } from '../../../support/http-reader.ts'
import type { Case } from './cases/case.ts'
import { connectionCases } from './cases/connection-cases.ts'
import { invalidCases, ownInvalidCases } from './cases/invalid-cases.ts'
import { messageCases, ownMessageCases } from './cases/message-cases.ts'
import { ownTransferCodingCases, transferCodingCases } from './cases/transfer-coding-cases.ts'

const afterLlhttp: readonly Case[] = [...connectionCases, ...invalidCases, ...messageCases, ...transferCodingCases]
const own: readonly Case[] = [...ownInvalidCases, ...ownMessageCases, ...ownTransferCodingCases]
const cases = [...afterLlhttp, ...own]

/** The request cases of llhttp (github.com/nodejs/llhttp, test/request, June 2026), counted over its files. */
const casesOfLlhttp = 166

function describe({ requests, end }: Reading): string {
  return `${requests.length} accepted, then ${end}: ${requests.join(' | ')}`
}

test(`the codec's verdict on ${cases.length} streams, whole`, () => {
  for (const { title, input, accepts, end } of cases) {
    const reading = readHttp([Buffer.from(input, 'latin1')])
    assert.equal(reading.requests.length, accepts, `${title}: ${describe(reading)}`)
    assert.equal(reading.end, end, `${title}: ${describe(reading)}`)
  }
})

test(`the same verdict on ${cases.length} streams split at every byte`, () => {
  for (const { title, input } of cases) {
    const bytes = Buffer.from(input, 'latin1')
    const whole = describe(readHttp([bytes]))
    const single = Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1))
    assert.equal(describe(readHttp(single)), whole, `${title}, byte by byte`)
    // Streams at a limit are long: cutting them everywhere would take longer than it tells.
    const stride = Math.max(1, Math.floor(bytes.length / 500))
    for (let cut = 1; cut < bytes.length; cut += stride) {
      const reading = readHttp([bytes.subarray(0, cut), bytes.subarray(cut)])
      assert.equal(describe(reading), whole, `${title}, cut at ${cut}`)
    }
  }
})

test('the table holds at least as many cases as llhttp', (context) => {
  context.diagnostic(`${cases.length} codec cases: ${afterLlhttp.length} after llhttp's, ${own.length} of our own`)
  assert.ok(afterLlhttp.length >= casesOfLlhttp)
  assert.equal(new Set(cases.map(({ title }) => title)).size, cases.length, 'titles are unique')
})

const alphabet = [
  'GET / HTTP/1.1\r\n',
  'Host: t\r\n',
  '\r\n',
  '\r',
  '\n',
  ' ',
  ':',
  'Content-Length: 2\r\n',
  'ab',
  '0',
  '1',
]
const word = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(...alphabet, 'Transfer-Encoding: chunked\r\n', 'PUT /x HTTP/1.1\r\n', ';a="b"'),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
)

test('random streams in random pieces never throw and always come to the same end', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), fc.array(fc.nat(60), { maxLength: 20 }), (words, sizes) => {
      const bytes = Buffer.from(words.join(''), 'latin1')
      const pieces: Buffer[] = []
      let at = 0
      for (const size of sizes) {
        pieces.push(bytes.subarray(at, at + size))
        at += size
      }
      pieces.push(bytes.subarray(at))
      const reading = readHttp(pieces)
      assert.ok(typeof reading.end === 'number' || ['clean', 'closed', 'inside'].includes(reading.end))
      assert.equal(describe(reading), describe(readHttp([bytes])))
    }),
    { numRuns: 2000 },
  )
})

test('random bytes never throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
      readHttp(pieces)
    }),
    { numRuns: 1000 },
  )
})
