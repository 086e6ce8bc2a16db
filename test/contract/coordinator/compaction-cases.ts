import assert from 'node:assert/strict'
import { it } from 'node:test'
import { put, textOf } from './bytes.ts'
import type { Case } from './suite.ts'
import { WatchRecorder } from './watch-recorder.ts'

export const compactionCases: Case = (harness) => {
  const store = () => harness().coordinator

  it('tells a watch that history no longer reaches back, and where it could start', async (t) => {
    const compact = harness().compact?.bind(harness())
    if (compact === undefined) return t.skip('this store cannot be compacted on demand')
    const revisions: number[] = []
    for (let i = 0; i < 6; i++) revisions.push(await put(store(), 'c/key', String(i)))
    await compact(revisions[3]!)
    const late = new WatchRecorder(store(), 'c/key', revisions[0]!)
    assert.deepEqual(await late.ended(), { kind: 'compacted', compactRevision: revisions[3] })
    assert.deepEqual(late.lines, [], 'no part of a history with a hole is delivered')
    const seen = await new WatchRecorder(store(), 'c/key', revisions[3]!).reached(revisions[5]!)
    seen.watch.cancel()
    assert.deepEqual(seen.revisions, revisions.slice(3))
    assert.equal(textOf((await store().get('c/key')).item), '5', 'compaction leaves the present alone')
  })

  it('leaves a watch that is up to date alone', async (t) => {
    const compact = harness().compact?.bind(harness())
    if (compact === undefined) return t.skip('this store cannot be compacted on demand')
    const first = await put(store(), 'c/live', '1')
    const seen = await new WatchRecorder(store(), 'c/live', first).reached(first)
    await compact(first)
    await seen.reached(await put(store(), 'c/live', '2'))
    seen.watch.cancel()
    assert.deepEqual([seen.lines, seen.end], [['c/live=1', 'c/live=2'], undefined])
  })
}
