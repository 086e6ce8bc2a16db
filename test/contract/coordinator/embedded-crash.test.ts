import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  defaultJournalSettings,
  openEmbeddedCoordinator,
} from '../../../src/cluster/coordination/embedded-coordinator.ts'
import { journalDirectory } from '../../../src/cluster/coordination/journal-file.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { put, refuses, remove, textOf } from './bytes.ts'
import { type DiskImage, FaultyDirectory } from './faulty-directory.ts'

const settings = { ...defaultJournalSettings, journalBytes: 600 }

async function start(image: DiskImage, runtime: Runtime = new VirtualRuntime(), journalBytes = 600) {
  const directory = new FaultyDirectory(image)
  const coordinator = await openEmbeddedCoordinator(directory, runtime, { ...settings, journalBytes })
  return { directory, coordinator }
}

/** The image with the only journal changed. */
function withJournal(image: DiskImage, change: (bytes: Uint8Array) => Uint8Array): DiskImage {
  return new Map([...image].map(([name, bytes]) => [name, name.startsWith('journal-') ? change(bytes) : bytes]))
}

function journalOf(image: DiskImage): Uint8Array {
  return [...image].find(([name]) => name.startsWith('journal-'))![1]
}

/** Three acknowledged writes; the images before and after the last. */
async function threeWrites() {
  const { directory, coordinator } = await start(new Map(), undefined, 1 << 20)
  await put(coordinator, 'k', '1')
  await put(coordinator, 'k', '2')
  const before = directory.image
  const acknowledged = coordinator.revision
  await put(coordinator, 'k', '3')
  const after = directory.image
  await coordinator.close()
  return { before, after, acknowledged }
}

describe('embedded coordinator: crashes', () => {
  it('recovers from a last write torn at every byte, and goes on from there', async () => {
    const { before, after, acknowledged } = await threeWrites()
    const [short, long] = [journalOf(before).length, journalOf(after).length]
    assert.ok(long - short > 50)
    for (let cut = short; cut <= long; cut++) {
      const { coordinator, directory } = await start(withJournal(after, (bytes) => bytes.slice(0, cut)))
      const whole = cut === long
      assert.equal(coordinator.tornBytes, whole ? 0 : cut - short)
      assert.equal(coordinator.revision, acknowledged + (whole ? 1 : 0))
      assert.equal(textOf((await coordinator.get('k')).item), whole ? '3' : '2')
      await put(coordinator, 'k', 'next')
      const again = await start(directory.image)
      assert.equal(textOf((await again.coordinator.get('k')).item), 'next')
      assert.equal(again.coordinator.tornBytes, 0, 'the torn tail is gone for good')
    }
  })

  it('recovers when the torn write left zeros or garbage instead of a shorter file', async () => {
    const { before, after } = await threeWrites()
    const [short, long] = [journalOf(before).length, journalOf(after).length]
    for (let from = short; from < long; from++) {
      for (const filler of [0x00, 0xff]) {
        const torn = withJournal(after, (bytes) => Uint8Array.from(bytes).fill(filler, from))
        if (Buffer.compare(journalOf(torn), journalOf(after)) === 0) continue
        const { coordinator } = await start(torn)
        assert.equal(textOf((await coordinator.get('k')).item), '2')
      }
    }
  })

  it('refuses to start when anything before the last write is damaged', async () => {
    const { before, after } = await threeWrites()
    for (let at = 0; at < journalOf(before).length; at++) {
      const damaged = withJournal(after, (bytes) =>
        Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 0x10 : byte)),
      )
      await refuses(start(damaged), 'corrupt')
    }
  })

  it('refuses to start when the snapshot is damaged or missing, or the journal is missing', async () => {
    const { after } = await threeWrites()
    const name = [...after.keys()].find((candidate) => candidate.startsWith('snapshot-'))!
    for (let at = 0; at < after.get(name)!.length; at++) {
      const bytes = Uint8Array.from(after.get(name)!, (byte, i) => (i === at ? byte ^ 0x01 : byte))
      await refuses(start(new Map([...after, [name, bytes]])), 'corrupt')
    }
    for (const lost of ['snapshot-', 'journal-']) {
      await refuses(start(new Map([...after].filter(([file]) => !file.startsWith(lost)))), 'corrupt')
    }
  })

  it('survives a power cut after every single step on the disk, through several generations', async () => {
    const { directory, coordinator } = await start(new Map())
    const acknowledged: { readonly steps: number; readonly revision: number; readonly value: string }[] = []
    for (let i = 0; i < 30; i++) {
      const value = 'x'.repeat(i % 13) + i
      if (i % 5 === 4) await remove(coordinator, 'k')
      const revision = await put(coordinator, 'k', value)
      acknowledged.push({ steps: directory.images.length, revision, value })
    }
    assert.ok(directory.images.filter(({ after }) => after.startsWith('rename')).length > 3, 'several generations')
    for (const [step, { image, after }] of directory.images.entries()) {
      const safe = acknowledged.filter((write) => write.steps <= step + 1).at(-1)
      const survivor = (await start(image)).coordinator
      const { item, revision } = await survivor.get('k')
      const message = `power cut after step ${step} (${after})`
      if (safe !== undefined) assert.ok(revision >= safe.revision, message)
      if (safe !== undefined && revision === safe.revision) assert.equal(textOf(item), safe.value, message)
      assert.equal(await put(survivor, 'later', 'x'), revision + 1, message)
    }
  })

  it('says that the outcome is unknown when the disk fails, and takes no change after it', async () => {
    const { directory, coordinator } = await start(new Map())
    await put(coordinator, 'k', '1')
    directory.failing = true
    await assert.rejects(put(coordinator, 'k', '2'), { code: 'unavailable', outcome: 'unknown' })
    directory.failing = false
    await assert.rejects(put(coordinator, 'k', '3'), { code: 'unavailable', outcome: 'not-applied' })
    assert.equal(textOf((await coordinator.get('k')).item), '1', 'nobody sees what is not known to be on disk')
  })

  it('changes nothing when the next generation cannot be written, and recovers from the one before', async () => {
    const { directory, coordinator } = await start(new Map(), undefined, 400)
    let last = ''
    while (journalOf(directory.image).length <= 400) {
      last = `${last}x`
      await put(coordinator, 'k', last)
    }
    directory.failing = true
    await assert.rejects(put(coordinator, 'k', 'lost'), { code: 'unavailable', outcome: 'not-applied' })
    await assert.rejects(put(coordinator, 'k', 'lost'), { code: 'unavailable', outcome: 'not-applied' })
    const survivor = (await start(directory.image)).coordinator
    assert.equal(textOf((await survivor.get('k')).item), last)
  })

  it('leaves files alone that are not its own', async () => {
    const { after } = await threeWrites()
    const strangers = ['snapshot-1.backup', 'journal-x', 'notes.txt', 'snapshot-01']
    const { directory } = await start(
      new Map([...after, ...strangers.map((name) => [name, Buffer.from('x')] as const)]),
    )
    const left = await directory.open()
    assert.deepEqual(left.filter((name) => strangers.includes(name)).sort(), [...strangers].sort())
  })

  it('cuts a torn tail off a real file', async (t) => {
    const path = await mkdtemp(join(tmpdir(), 'headgate-coordination-'))
    t.after(() => rm(path, { recursive: true }))
    const open = () => openEmbeddedCoordinator(journalDirectory(path), new VirtualRuntime())
    const first = await open()
    await put(first, 'k', '1')
    await put(first, 'k', '2')
    await first.close()
    const { size } = await stat(join(path, 'journal-1'))
    await truncate(join(path, 'journal-1'), size - 1)
    const second = await open()
    assert.ok(second.tornBytes > 0)
    assert.equal(textOf((await second.get('k')).item), '1')
    await put(second, 'k', '3')
    await second.close()
    const third = await open()
    assert.deepEqual([third.tornBytes, textOf((await third.get('k')).item)], [0, '3'])
    await third.close()
  })

  it('bounds history, and tells a watch that has fallen behind', async () => {
    const directory = new FaultyDirectory()
    const bounded = { ...settings, historyRevisions: 5 }
    const coordinator = await openEmbeddedCoordinator(directory, new VirtualRuntime(), bounded)
    const first = await put(coordinator, 'k', '0')
    for (let i = 1; i < 20; i++) await put(coordinator, 'k', String(i))
    const end = await new Promise((resolve) => {
      coordinator.watch('k', first, { onEvents: () => resolve('events'), onEnd: resolve })
    })
    assert.deepEqual(end, { kind: 'compacted', compactRevision: coordinator.revision - 4 })
  })

  it('ends watches and refuses calls once it is closed', async () => {
    const { coordinator } = await start(new Map())
    const ends: unknown[] = []
    coordinator.watch('', 0, { onEvents: () => undefined, onEnd: (end) => ends.push(end) })
    const last = put(coordinator, 'k', '1')
    await coordinator.close()
    assert.ok((await last) > 1, 'what was under way is finished')
    assert.deepEqual(ends, [{ kind: 'closed' }])
    await refuses(put(coordinator, 'k', '2'), 'closed')
    await refuses(coordinator.get('k'), 'closed')
  })
})
