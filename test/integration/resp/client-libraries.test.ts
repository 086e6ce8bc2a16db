import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { Authenticator } from '../../../src/ingress/resp/resp-server.ts'
import { anybody, startResp } from '../../support/resp-harness.ts'

const keeper: Authenticator = {
  generation: 0,
  renew: (client) => client,
  anonymous: undefined,
  authenticate: (user, token) => (user === 'app' && Buffer.from(token).toString() === 'secret' ? anybody : undefined),
}

for (const RESP of [2, 3] as const) {
  test(`the client library redis works unmodified, RESP${RESP}`, async (t) => {
    const harness = await startResp({ mode: 'scattered', authenticator: keeper })
    const client = createClient({ url: `redis://app:secret@127.0.0.1:${harness.port}`, RESP, name: 'shop' })
    await client.connect()
    t.after(() => {
      client.destroy()
      return harness.close()
    })
    assert.equal(await client.clientGetName(), 'shop')
    assert.equal(await client.set('a', '1', { expiration: { type: 'EX', value: 100 } }), 'OK')
    assert.deepEqual(await Promise.all([client.incr('a'), client.get('a'), client.ttl('a')]), [2, '2', 100])
    assert.deepEqual(await client.mGet(['a', 'x']), ['2', null])
    assert.deepEqual(await client.multi().set('b', 'x').append('b', 'y').get('b').exec(), ['OK', 2, 'xy'])
    for (let i = 0; i < 30; i++) await client.set(`many:${i}`, String(i))
    const found: string[] = []
    for await (const keys of client.scanIterator({ MATCH: 'many:*', COUNT: 7 })) found.push(...keys)
    assert.equal(new Set(found).size, 30)
    assert.equal((await client.keys('*')).length, 32)
    assert.equal(await client.del(['a', 'b', 'x']), 2)
    await assert.rejects(client.sendCommand(['LPUSH', 'l', '1']), /unknown command 'LPUSH'/)
  })
}

test('the client library ioredis works unmodified', async (t) => {
  const harness = await startResp({ mode: 'scattered', authenticator: keeper })
  const client = new Redis({ port: harness.port, username: 'app', password: 'secret', connectionName: 'shop' })
  t.after(() => {
    client.disconnect()
    return harness.close()
  })
  assert.equal(await client.client('GETNAME'), 'shop')
  assert.equal(await client.set('a', '1', 'EX', 100), 'OK')
  assert.deepEqual(await client.pipeline().incr('a').get('a').ttl('a').exec(), [
    [null, 2],
    [null, '2'],
    [null, 100],
  ])
  await client.watch('a')
  assert.deepEqual(await client.multi().set('b', 'x').get('b').exec(), [
    [null, 'OK'],
    [null, 'x'],
  ])
  await client.watch('a')
  await client.set('a', 'other')
  assert.equal(await client.multi().get('a').exec(), null)
  for (let i = 0; i < 30; i++) await client.set(`many:${i}`, String(i))
  const found: string[] = []
  for await (const keys of client.scanStream({ match: 'many:*', count: 7 })) found.push(...(keys as string[]))
  assert.equal(new Set(found).size, 30)
  const bytes = Buffer.from([0, 13, 10, 255])
  await client.set('bytes', bytes)
  assert.deepEqual(await client.getBuffer('bytes'), bytes)
})
