import assert from 'node:assert/strict'
import { it } from 'node:test'
import { put, remove, textOf } from './bytes.ts'
import type { Case } from './suite.ts'
import { WatchRecorder } from './watch-recorder.ts'

export const durabilityCases: Case = (harness) => {
  const store = () => harness().coordinator

  it('comes back with every acknowledged change, and never gives a revision out again', async (t) => {
    const restart = harness().restart?.bind(harness())
    if (restart === undefined) return t.skip('this store does not survive a restart')
    const created = await put(store(), 'd/kept', '1')
    const changed = await put(store(), 'd/kept', '2')
    await put(store(), 'd/gone', 'x')
    const last = await remove(store(), 'd/gone')
    await restart()
    const { item, revision } = await store().get('d/kept')
    assert.deepEqual([textOf(item), item?.createRevision, item?.modRevision, item?.version], ['2', created, changed, 2])
    assert.equal(revision, last)
    assert.equal((await store().get('d/gone')).item, undefined)
    assert.equal(await put(store(), 'd/kept', '3'), last + 1)
  })

  it('lets a watch resume over a restart', async (t) => {
    const restart = harness().restart?.bind(harness())
    if (restart === undefined) return t.skip('this store does not survive a restart')
    const first = await put(store(), 'd/watch', '1')
    const before = await new WatchRecorder(store(), 'd/watch', first).reached(first)
    await put(store(), 'd/watch', '2')
    await restart()
    const last = await put(store(), 'd/watch', '3')
    const seen = await new WatchRecorder(store(), 'd/watch', first + 1).reached(last)
    seen.watch.cancel()
    assert.deepEqual([...before.lines.slice(0, 1), ...seen.lines], ['d/watch=1', 'd/watch=2', 'd/watch=3'])
  })

  it('gives leases their full time again after a restart, and ends them after it', async (t) => {
    const restart = harness().restart?.bind(harness())
    if (restart === undefined) return t.skip('this store does not survive a restart')
    const lease = await store().grant(harness().ttlMs)
    const last = await put(store(), 'd/lease', '1', lease.id)
    await harness().elapse(lease.ttlMs * 0.7)
    await restart()
    await harness().elapse(lease.ttlMs * 0.7)
    assert.equal(textOf((await store().get('d/lease')).item), '1', 'never early')
    const seen = new WatchRecorder(store(), 'd/lease', last + 1)
    await harness().elapse(lease.ttlMs * 0.4)
    await seen.reached(last + 1)
    seen.watch.cancel()
    assert.deepEqual(seen.lines, ['-d/lease'], 'late by at most one TTL')
  })
}
