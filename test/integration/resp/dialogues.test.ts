import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Authenticator } from '../../../src/ingress/resp/resp-server.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { RespClient } from '../../support/resp-client.ts'
import { anybody, startResp } from '../../support/resp-harness.ts'
import { type Dialogue, greetings, lockedDialogues, openDialogues } from './dialogues.ts'

const password = 'secret'
let open: RedisServer | undefined
let locked: RedisServer | undefined

before(async () => {
  open = await startRedisServer('--databases', '1')
  locked = await startRedisServer('--databases', '1', '--requirepass', password)
})

after(async () => {
  await open?.stop()
  await locked?.stop()
})

/** Lets in who knows the password, whatever name they give but `nobody`. */
const keeper: Authenticator = {
  generation: 0,
  renew: (client) => client,
  anonymous: undefined,
  authenticate: (user, token) =>
    user === undefined && Buffer.from(token).toString() === password ? anybody : undefined,
}

/** Everything a server answers. */
async function answers(port: number, sends: string): Promise<string> {
  const client = await RespClient.connect(port)
  client.send(sends)
  client.socket.end()
  const text = await client.rest()
  client.close()
  return text
}

function compare(
  name: string,
  dialogues: readonly Dialogue[],
  redis: () => RedisServer | undefined,
  authenticator?: Authenticator,
) {
  for (const mode of ['sync', 'scattered'] as const) {
    test(`${name}: the same bytes as redis-server 7.0.15, answers ${mode}`, async (t) => {
      const server = redis()
      if (server === undefined) return t.skip('redis-server is not installed')
      const harness = await startResp({ mode, ...(authenticator === undefined ? {} : { authenticator }) })
      t.after(() => harness.close())
      for (const dialogue of dialogues) {
        const expected = withoutId(await answers(server.port, dialogue.sends))
        const actual = withoutId(await answers(harness.port, dialogue.sends))
        assert.equal(actual, expected, dialogue.name)
      }
    })
  }
}

/** HELLO tells the number of the connection, which is the server's own. */
function withoutId(text: string): string {
  return text.replaceAll(/(\$2\r\nid\r\n):\d+/g, '$1:ID')
}

compare('greetings', greetings, () => open)
compare('dialogues', openDialogues, () => open)
compare('dialogues with a password', lockedDialogues, () => locked, keeper)
