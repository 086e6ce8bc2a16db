import assert from 'node:assert/strict'
import { it } from 'node:test'
import { put, refuses, remove, textOf, utf8 } from './bytes.ts'
import type { Case } from './suite.ts'
import { WatchRecorder } from './watch-recorder.ts'

export const leaseCases: Case = (harness) => {
  const store = () => harness().coordinator

  it('grants at least what was asked for, under an id of its own', async () => {
    const { ttlMs } = harness()
    const [a, b] = [await store().grant(ttlMs), await store().grant(ttlMs)]
    assert.ok(a.ttlMs >= ttlMs)
    assert.notEqual(a.id, b.id)
    const status = await store().timeToLive(a.id)
    assert.ok(status !== undefined && status.remainingMs > 0 && status.remainingMs <= a.ttlMs)
    assert.deepEqual(status.keys, [])
    await store().revoke(a.id)
    await store().revoke(b.id)
  })

  it('deletes the attached keys when it runs out, at one revision', async () => {
    const lease = await store().grant(harness().ttlMs)
    await put(store(), 'l/expire/a', '1', lease.id)
    const last = await put(store(), 'l/expire/b', '2', lease.id)
    assert.equal((await store().get('l/expire/a')).item?.lease, lease.id)
    const seen = new WatchRecorder(store(), 'l/expire/', last + 1)
    await harness().elapse(lease.ttlMs + 1)
    await seen.reached(last + 1)
    seen.watch.cancel()
    assert.deepEqual(seen.lines.sort(), ['-l/expire/a', '-l/expire/b'])
    assert.equal(seen.batches.length, 1)
    assert.equal(await store().timeToLive(lease.id), undefined)
    await refuses(store().keepAlive(lease.id), 'lease-not-found')
    await refuses(put(store(), 'l/expire/c', '3', lease.id), 'lease-not-found')
    assert.equal((await store().get('l/expire/c')).item, undefined)
  })

  it('never ends before its time, and lives on while it is kept alive', async () => {
    const lease = await store().grant(harness().ttlMs)
    await put(store(), 'l/keep', '1', lease.id)
    for (let i = 0; i < 4; i++) {
      await harness().elapse(lease.ttlMs * 0.6)
      assert.deepEqual(await store().keepAlive(lease.id), lease)
    }
    assert.equal(textOf((await store().get('l/keep')).item), '1')
    await store().revoke(lease.id)
  })

  it('deletes the keys at once when it is revoked', async () => {
    const lease = await store().grant(harness().ttlMs)
    await put(store(), 'l/revoke', '1', lease.id)
    await store().revoke(lease.id)
    assert.equal((await store().get('l/revoke')).item, undefined)
    await refuses(store().revoke(lease.id), 'lease-not-found')
  })

  it('lets go of a key that is deleted, written without it, or given to another lease', async () => {
    const [a, b] = [await store().grant(harness().ttlMs), await store().grant(harness().ttlMs)]
    for (const key of ['kept', 'deleted', 'moved', 'freed']) await put(store(), `l/attach/${key}`, key, a.id)
    await remove(store(), 'l/attach/deleted')
    await put(store(), 'l/attach/moved', 'moved', b.id)
    await put(store(), 'l/attach/freed', 'freed')
    assert.deepEqual((await store().timeToLive(a.id))?.keys, ['l/attach/kept'])
    assert.deepEqual((await store().timeToLive(b.id))?.keys, ['l/attach/moved'])
    await store().revoke(a.id)
    const { items } = await store().range('l/attach/')
    assert.deepEqual(items.map(textOf), ['freed', 'moved'])
    await store().revoke(b.id)
  })

  it('refuses a transaction that names an unknown lease, as a whole', async () => {
    const success = [
      { op: 'put', key: 'l/unknown/a', value: utf8('1') },
      { op: 'put', key: 'l/unknown/b', value: utf8('2'), lease: '7fffffffffffff00' },
    ] as const
    await refuses(store().transact({ compare: [], success }), 'lease-not-found')
    assert.deepEqual((await store().range('l/unknown/')).items, [])
    await refuses(store().keepAlive('7fffffffffffff00'), 'lease-not-found')
    assert.equal(await store().timeToLive('7fffffffffffff00'), undefined)
  })

  it('refuses a lease without a time', async () => {
    for (const ttlMs of [0, -1, Number.NaN]) await refuses(store().grant(ttlMs), 'invalid')
  })
}
