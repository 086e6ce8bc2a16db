import { after, before, test } from 'node:test'
import { systemRandom } from '../../../src/runtime/random.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { startResp } from '../../support/resp-harness.ts'
import { compareServers } from './comparison.ts'

let redis: RedisServer | undefined

before(async () => {
  redis = await startRedisServer('--databases', '1')
})

after(async () => {
  await redis?.stop()
})

const commands = 4000

for (const mode of ['sync', 'scattered'] as const) {
  for (const protocol of [2, 3] as const) {
    test(`random commands get the replies of redis-server 7.0.15: RESP${protocol}, answers ${mode}`, async (t) => {
      if (redis === undefined) return t.skip('redis-server is not installed')
      const seed = systemRandom.integer(2 ** 31)
      t.diagnostic(`seed ${seed}`)
      const harness = await startResp({ mode })
      t.after(() => harness.close())
      await compareServers({ port: harness.port, redisPort: redis.port, seed, protocol, commands })
    })
  }
}
