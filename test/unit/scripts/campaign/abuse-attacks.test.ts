import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { type Attack, misses, Tally } from '../../../../scripts/campaign/abuse/attack.ts'
import { smuggling } from '../../../../scripts/campaign/abuse/attacks/smuggling.ts'
import { wideCommands } from '../../../../scripts/campaign/abuse/attacks/wide-commands.ts'
import type { Address } from '../../../../scripts/process/node-process.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'

/** A server that says `answer` to whatever comes, and hangs up. */
async function says(t: TestContext, answer: string): Promise<Address> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer, 'latin1'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return { host: '127.0.0.1', port: address.port }
}

/** What an attack that has no time left finds: what it looks at in the end. */
async function lastLook(attack: Attack, address: Address): Promise<readonly string[]> {
  const tally = new Tally()
  const addresses = { http: address, resp: address, admin: address }
  const context = { addresses, sources: ['127.0.0.1'], deadline: 0, scale: 0.1, random: seededRandom(1), tally }
  await attack.run(context)
  return misses({ ...attack, expects: { ...attack.expects, 'refused and closed': 'may' } }, tally.report(), true)
}

describe('the look for what was smuggled', () => {
  const cases: readonly [status: string, finds: RegExp | undefined][] = [
    ['404 Not Found', undefined],
    ['200 OK', /^a hidden request was carried out$/],
    ['500 Internal Server Error', /^looking for what was hidden got 500 instead of 404$/],
    ['302 Found', /got 302 instead of 404$/],
  ]
  for (const [status, finds] of cases) {
    test(`that gets ${status}`, async (t) => {
      const server = await says(t, `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
      const found = await lastLook(smuggling, server)
      if (finds === undefined) assert.deepEqual(found, [])
      else assert.match(found[0] ?? '', finds)
    })
  }

  test('that gets no answer at all, or two', async (t) => {
    assert.match((await lastLook(smuggling, await says(t, '')))[0]!, /got nothing instead of 404/)
    const twice = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'.repeat(2)
    assert.match((await lastLook(smuggling, await says(t, twice)))[0]!, /got 404 and 404 instead of 404/)
  })
})

test('an answer of 60 GB must be refused, not only be one of the things that may happen', () => {
  const report = { outcomes: { answered: 10 }, problems: [] }
  assert.deepEqual(misses(wideCommands, report, true), ['nobody got "result-too-large"'])
})
