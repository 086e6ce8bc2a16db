import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Glob } from '../../../src/ingress/resp/glob.ts'
import { seededRandom, systemRandom } from '../../../src/runtime/random.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { RespClient } from '../../support/resp-client.ts'
import { parseReply } from '../../support/resp-value.ts'

let redis: RedisServer | undefined

before(async () => {
  redis = await startRedisServer()
})

after(() => redis?.stop())

const letters = ['a', 'b', 'c', '-', ']', '[', '^', '\\', '*', '?', '\xff', '\x80']

test('random patterns match the keys they match in redis-server', async (t) => {
  if (redis === undefined) return t.skip('redis-server is not installed')
  const seed = systemRandom.integer(2 ** 31)
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const text = (longest: number): string =>
    Array.from({ length: 1 + random.integer(longest) }, () => letters[random.integer(letters.length)]).join('')
  const client = await RespClient.connect(redis.port)
  t.after(() => client.close())
  const keys = [...new Set(Array.from({ length: 300 }, () => text(5)))].sort()
  await client.ask('MSET', ...keys.flatMap((key) => [key, 'v']))
  for (let i = 0; i < 1500; i++) {
    const pattern = text(8)
    const expected = parseReply(await client.ask('KEYS', pattern)).elements.map((element) => element.text)
    const glob = new Glob(Buffer.from(pattern, 'latin1'))
    const actual = keys.filter((key) => glob.matches(Buffer.from(key, 'latin1')))
    assert.deepEqual(actual, expected.sort(), `seed ${seed}, pattern ${JSON.stringify(pattern)}`)
  }
})
