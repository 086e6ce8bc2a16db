import assert from 'node:assert/strict'
import { it } from 'node:test'
import { put, remove, utf8 } from './bytes.ts'
import type { Case } from './suite.ts'
import { WatchRecorder } from './watch-recorder.ts'

export const watchCases: Case = (harness) => {
  const store = () => harness().coordinator

  it('delivers every change under the prefix in order, and nothing else', async () => {
    const seen = new WatchRecorder(store(), 'w/order/', 0)
    const revisions: number[] = []
    for (let i = 0; i < 20; i++) {
      revisions.push(await put(store(), `w/order/${i % 3}`, String(i)))
      await put(store(), 'w/elsewhere', String(i))
    }
    revisions.push(await remove(store(), 'w/order/1'))
    await seen.reached(revisions.at(-1)!)
    seen.watch.cancel()
    assert.deepEqual(seen.revisions, revisions)
    assert.deepEqual(seen.lines, [...Array.from({ length: 20 }, (_, i) => `w/order/${i % 3}=${i}`), '-w/order/1'])
  })

  it('delivers one transaction as one batch', async () => {
    await put(store(), 'w/batch/old', 'x')
    const seen = new WatchRecorder(store(), 'w/batch/', 0)
    const { revision } = await store().transact({
      compare: [],
      success: [
        { op: 'put', key: 'w/batch/b', value: utf8('1') },
        { op: 'delete', key: 'w/batch/old' },
        { op: 'put', key: 'w/batch/a', value: utf8('2') },
      ],
    })
    await seen.reached(revision)
    seen.watch.cancel()
    assert.equal(seen.batches.length, 1)
    assert.deepEqual(seen.lines.sort(), ['-w/batch/old', 'w/batch/a=2', 'w/batch/b=1'])
    assert.ok(
      seen.batches[0]!.events.every((e) => (e.type === 'put' ? e.item.modRevision : e.modRevision) === revision),
    )
  })

  it('resumes from a revision without gap or repetition', async () => {
    const revisions: number[] = []
    for (let i = 0; i < 10; i++) revisions.push(await put(store(), 'w/resume', String(i)))
    for (const from of [0, 4, 9]) {
      const seen = new WatchRecorder(store(), 'w/resume', revisions[from]!)
      await seen.reached(revisions[9]!)
      seen.watch.cancel()
      assert.deepEqual(seen.revisions, revisions.slice(from))
    }
  })

  it('begins with the next change when asked for now, and waits for a future revision', async () => {
    const last = await put(store(), 'w/now', 'before')
    const now = new WatchRecorder(store(), 'w/now', 0)
    const future = new WatchRecorder(store(), 'w/now', last + 2)
    await put(store(), 'w/now', 'first')
    const second = await put(store(), 'w/now', 'second')
    await Promise.all([now.reached(second), future.reached(second)])
    now.watch.cancel()
    future.watch.cancel()
    assert.deepEqual(now.lines, ['w/now=first', 'w/now=second'])
    assert.deepEqual(future.lines, ['w/now=second'])
  })

  it('joins a range and a watch from the next revision without gap or repetition', async () => {
    await put(store(), 'w/join/a', '1')
    const { revision, items } = await store().range('w/join/')
    const last = await put(store(), 'w/join/b', '2')
    const seen = await new WatchRecorder(store(), 'w/join/', revision + 1).reached(last)
    seen.watch.cancel()
    assert.deepEqual([items.length, seen.lines], [1, ['w/join/b=2']])
  })

  it('is silent after cancel', async () => {
    const cancelled = new WatchRecorder(store(), 'w/cancel', 0)
    const witness = new WatchRecorder(store(), 'w/cancel', 0)
    await witness.reached(await put(store(), 'w/cancel', '1'))
    await cancelled.reached(witness.revisions[0]!)
    cancelled.watch.cancel()
    cancelled.watch.cancel()
    await witness.reached(await put(store(), 'w/cancel', '2'))
    witness.watch.cancel()
    assert.deepEqual([witness.lines.length, cancelled.lines.length, cancelled.end], [2, 1, undefined])
  })

  it('never calls back before watch has returned', async () => {
    const revision = await put(store(), 'w/later', '1')
    let returned = false
    const done = new Promise<boolean>((resolve) => {
      const sink = { onEvents: () => resolve(returned), onEnd: () => undefined }
      const watch = store().watch('w/later', revision, sink)
      returned = true
      void watch
    })
    assert.equal(await done, true)
  })
}
