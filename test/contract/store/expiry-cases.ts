import assert from 'node:assert/strict'
import type { Expiry } from '../../../src/operation/body.ts'
import { clearExpiry } from '../../../src/operation/body.ts'
import type { CaseRegister } from './store-case.ts'
import { bytes, putBody, textOf } from './store-client.ts'

const after = (ms: number): { readonly expiry: Expiry } => ({ expiry: { kind: 'after', ms } })
const at = (ms: number): { readonly expiry: Expiry } => ({ expiry: { kind: 'at', ms } })

export function expiryCases(store: CaseRegister): void {
  store.on(['put', 'get'], 'a record is there until its time and not after', async ({ client, key, harness }) => {
    const before = harness.clock.wallMs()
    await client.put(key('after'), 'v', after(10_000))
    await client.put(key('at'), 'v', at(before + 10_000))
    const record = await client.record(key('after'))
    assert.ok(record!.expiresAtMs >= before + 10_000 && record!.expiresAtMs <= harness.clock.wallMs() + 10_000)
    assert.equal((await client.record(key('at')))!.expiresAtMs, before + 10_000)
    await harness.elapse(9_000)
    assert.equal(await client.get(key('after')), 'v')
    await harness.elapse(1_500)
    assert.equal(await client.record(key('after')), undefined)
    assert.equal(await client.record(key('at'), 'meta'), undefined)
  })

  store.on(['put', 'get'], 'a plain put clears the expiry, `keep` keeps it, and others replace it', async (on) => {
    const { client, key, harness } = on
    const end = harness.clock.wallMs() + 60_000
    const expiryOf = async (): Promise<number> => (await client.record(key()))!.expiresAtMs
    await client.put(key(), 'a', at(end))
    await client.put(key(), 'b', { expiry: { kind: 'keep' } })
    assert.equal(await expiryOf(), end)
    await client.put(key(), 'c', at(end + 5))
    assert.equal(await expiryOf(), end + 5)
    await client.put(key(), 'd', { blind: true, expiry: clearExpiry })
    assert.equal(await expiryOf(), 0)
    await client.put(key(), 'e', { expiry: { kind: 'keep' } })
    assert.equal(await expiryOf(), 0)
    await client.put(key('new'), 'f', { expiry: { kind: 'keep' } })
    assert.equal((await client.record(key('new')))!.expiresAtMs, 0)
    await harness.elapse(61_000)
    assert.equal(await client.get(key()), 'e', 'the entry of an expiry that was cleared ends nothing')
  })

  store.on(['put', 'get', 'delete'], 'a time in the past is the end at once', async ({ client, key, harness }) => {
    const past = harness.clock.wallMs() - 1
    await client.put(key(), 'v', at(past))
    assert.equal(await client.record(key()), undefined)
    await client.put(key(), 'stays')
    await client.put(key(), 'v', at(1))
    assert.equal(await client.record(key()), undefined)
    await client.put(key(), 'v', after(-5))
    assert.equal(await client.record(key()), undefined)
    assert.equal((await client.delete(key())).status, 'absent')
  })

  store.on(
    ['put', 'get', 'delete'],
    'an expired record is absent for every write',
    async ({ client, key, harness }) => {
      const names = ['put', 'if-none-match', 'if-match', 'delete', 'previous', 'keep', 'soft'] as const
      for (const name of names) await client.put(key(name), 'old', after(1_000))
      await harness.elapse(1_001)
      assert.equal((await client.put(key('put'), 'new')).status, 'created')
      const absent = { condition: { ifNoneMatch: '*' } } as const
      assert.equal((await client.put(key('if-none-match'), 'new', absent)).status, 'created')
      const there = { condition: { ifMatch: '*' } } as const
      await client.refuse('precondition-failed', putBody(key('if-match'), 'new', there))
      assert.equal((await client.delete(key('delete'), { returnPrevious: true })).status, 'absent')
      assert.equal((await client.put(key('previous'), 'new', { returnPrevious: true })).previous, undefined)
      await client.put(key('keep'), 'new', { expiry: { kind: 'keep' } })
      assert.equal((await client.record(key('keep')))!.expiresAtMs, 0, 'there was no expiry left to keep')
      const soft = { ...there, softCondition: true, returnPrevious: true } as const
      assert.equal((await client.put(key('soft'), 'new', soft)).previous, undefined)
    },
  )

  store.on(
    ['put', 'get', 'modify'],
    'modifications take an expired record for none',
    async ({ client, key, harness }) => {
      for (const name of ['incr', 'append', 'expire', 'persist', 'getex']) await client.put(key(name), '7', after(500))
      await harness.elapse(501)
      assert.equal((await client.modify(key('incr'), { name: 'increment', by: 1n })).integer, 1n)
      assert.equal((await client.modify(key('append'), { name: 'append', value: bytes('x') })).integer, 1)
      assert.equal((await client.record(key('append')))!.expiresAtMs, 0)
      assert.equal((await client.modify(key('expire'), { name: 'expire', ...after(100) })).status, 'absent')
      assert.equal((await client.modify(key('persist'), { name: 'persist' })).status, 'absent')
      const getex = await client.modify(key('getex'), { name: 'get-and-expire', expiry: { kind: 'keep' } })
      assert.deepEqual([getex.status, getex.previous], ['absent', undefined])
    },
  )

  const kinds = ['put', 'get-many', 'exists-many', 'delete-many', 'scan', 'count'] as const
  store.on(kinds, 'lists and ranges leave expired records out', async ({ client, key, harness, prefix }) => {
    for (let i = 0; i < 20; i++) await client.put(key(`${i}`), `${i}`, i % 2 === 0 ? after(1_000) : {})
    await harness.elapse(1_001)
    const keys = Array.from({ length: 20 }, (_, i) => bytes(key(`${i}`)))
    const { records } = await client.expect('records', { kind: 'get-many', keys })
    assert.deepEqual(
      records.map(textOf),
      keys.map((_, i) => (i % 2 === 0 ? undefined : `${i}`)),
    )
    assert.equal((await client.expect('count', { kind: 'exists-many', keys })).count, 10)
    const range = {
      lower: { key: bytes(prefix), inclusive: true },
      upper: { key: bytes(`${prefix}~`), inclusive: true },
    }
    assert.equal((await client.expect('count', { kind: 'count', range })).count, 10)
    const scan = { kind: 'scan', range, order: 'asc', limit: 100, maxBytes: 1 << 20, values: true } as const
    assert.equal((await client.expect('page', scan)).entries.length, 10)
    assert.equal((await client.expect('count', { kind: 'delete-many', keys })).count, 10)
    assert.equal((await client.expect('count', { kind: 'count', range })).count, 0)
  })

  store.on(['put', 'size'], 'expired records are swept, without being asked for', async ({ client, key, harness }) => {
    const { count } = await client.expect('count', { kind: 'size' })
    await Promise.all(Array.from({ length: 600 }, (_, i) => client.put(key(`${i}`), 'v', after(1_000))))
    assert.equal((await client.expect('count', { kind: 'size' })).count, count + 600)
    await harness.elapse(2_000)
    await harness.elapse(1_000)
    const swept = (await client.expect('count', { kind: 'size' })).count
    assert.ok(swept <= count, `${swept - count} of 600 are left`)
  })

  store.on(
    ['put', 'get', 'modify'],
    'what was given more time in the meantime is not swept',
    async ({ client, key, harness }) => {
      await client.put(key(), 'v', after(1_000))
      await client.put(key('put'), 'v', after(1_000))
      await client.modify(key(), { name: 'expire', ...after(100_000) })
      await client.put(key('put'), 'w', after(100_000))
      await harness.elapse(5_000)
      await harness.elapse(1_000)
      assert.equal(await client.get(key()), 'v')
      assert.equal(await client.get(key('put')), 'w')
      await harness.elapse(100_000)
      assert.equal(await client.get(key()), undefined)
    },
  )
}
