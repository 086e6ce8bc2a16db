import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import { slabBytes } from '../../../../../src/stores/embedded/log/slab.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { HeldDisk } from '../../../../support/disk/held-disk.ts'
import { type Effect, findLog, gathered, LogFixture, turns } from '../../../../support/log-fixture.ts'
import { VirtualRuntime } from '../../../../support/virtual-runtime.ts'

const first = '/log/000000000001.log'

function held(settings: ConstructorParameters<typeof LogFixture>[2] = {}) {
  const disk = new HeldDisk(new FaultyDisk(seededRandom(1)))
  return { disk, log: new LogFixture(new VirtualRuntime(), disk, settings) }
}

const put = (key: string, value = 'v'): Effect => ({ key, value })
const eventsOf = (disk: HeldDisk): string[] => disk.events

test('what gathers while a block is being synced becomes the next block: one write, one datasync', async () => {
  const { disk, log } = held()
  for (let i = 0; i < 5; i++) log.append(put(`a${i}`))
  await turns()
  assert.deepEqual(log.heard, [])
  for (let i = 0; i < 3; i++) log.append(put(`b${i}`))
  await turns(5)
  const begun = eventsOf(disk)
  assert.deepEqual(begun, [`write ${first}`, `write ${first}`, `sync ${first}`], 'a header, a block, and its datasync')
  disk.release()
  assert.deepEqual(log.heard, ['durable 5'])
  await gathered()
  assert.deepEqual(log.heard, ['durable 5'])
  disk.release()
  assert.deepEqual(log.heard, ['durable 5', 'durable 8'])
  assert.deepEqual(eventsOf(disk).slice(3), [`synced ${first}`, `write ${first}`, `sync ${first}`, `synced ${first}`])
  const { blocks, syncs, entries } = log.log.statistics
  assert.deepEqual({ blocks, syncs, entries }, { blocks: 2, syncs: 2, entries: 8 })
  await log.log.idle()
  assert.deepEqual([...log.recover().entries.keys()], [1, 2, 3, 4, 5, 6, 7, 8])
})

test('who has just been answered is waited for, so that all who write share a block', async () => {
  const { disk, log } = held()
  for (let i = 0; i < 5; i++) log.append(put(`a${i}`))
  await turns()
  for (let i = 0; i < 3; i++) log.append(put(`b${i}`))
  disk.release()
  for (let i = 5; i < 10; i++) {
    await turns()
    assert.equal(disk.syncing, 0, `with ${i - 5} of 5 back`)
    log.append(put(`a${i}`))
  }
  await turns()
  disk.release()
  assert.deepEqual(log.heard, ['durable 5', 'durable 13'])
})

test('nothing is written before the turn is over, so that a turn makes one block', async () => {
  const { disk, log } = held()
  log.append(put('a'))
  assert.deepEqual(eventsOf(disk), [])
  log.append(put('b'))
  await turns()
  disk.release()
  assert.deepEqual(log.heard, ['durable 2'])
})

test('one block at a time, also when several are full', async () => {
  const { disk, log } = held({ segmentBytes: 8 << 20 })
  const entries = 7
  for (let i = 0; i < entries; i++) log.append(put(`${i}`, 'x'.repeat(400_000)))
  let synced = 0
  while (synced < entries) {
    await gathered()
    if (disk.syncing === 0) break
    const events = eventsOf(disk).slice(1)
    const written = events.filter((event) => event.startsWith('write')).length
    assert.equal(written, synced + 1, 'the next block waits for the datasync of this one')
    disk.release()
    synced += 1
  }
  assert.deepEqual(log.heard.at(-1), `durable ${entries}`)
  assert.equal(log.log.statistics.blocks, synced)
  assert.ok(synced >= (entries * 400_000) / slabBytes)
})

test('after a datasync that failed nothing is written or said to be durable any more', async () => {
  const { disk, log } = held()
  log.append(put('a'))
  await turns()
  log.append(put('b'))
  disk.release(new Error('EIO'))
  assert.deepEqual(log.heard, ['failed EIO'])
  log.append(put('c'))
  const before = disk.events.length
  await turns(5)
  assert.equal(disk.events.length, before)
  assert.equal(disk.syncing, 0)
  assert.deepEqual(log.heard, ['failed EIO'])
  await log.log.idle()
  assert.match(log.log.failed!.message, /EIO/)
})

test('entries and bytes count when they are durable', async () => {
  const { disk, log } = held()
  log.append(put('a'))
  log.append(put('b'))
  await turns()
  const { statistics } = log.log
  assert.deepEqual([statistics.entries, statistics.bytes], [0, 0])
  log.append(put('c'))
  disk.release()
  assert.equal(statistics.entries, 2)
  assert.ok(statistics.bytes > 0)
  const before = statistics.bytes
  await gathered()
  disk.release(new Error('EIO'))
  assert.deepEqual([statistics.entries, statistics.bytes], [2, before])
})

test('an error in what listens is not taken for one of the disk', () => {
  for (const durability of ['group', 'os'] as const) {
    const tasks: (() => void)[] = []
    const { clock, timers, random } = new VirtualRuntime()
    const runtime = { clock, random, timers: { ...timers, soon: (task: () => void) => void tasks.push(task) } }
    const disk = new HeldDisk(new FaultyDisk(seededRandom(1)))
    const log = new LogFixture(runtime, disk, { durability })
    log.heard.push = () => {
      throw new Error('a defect')
    }
    log.append(put('a'))
    const write = tasks.shift()!
    if (durability === 'group') write()
    assert.throws(durability === 'group' ? () => disk.release() : write, /a defect/)
    assert.equal(log.log.failed, undefined, durability)
  }
})

test('a write that fails is a failure of the log', async () => {
  const disk = new FaultyDisk(seededRandom(1))
  const full = new Error('ENOSPC')
  const open = disk.open.bind(disk)
  disk.open = (path, mode) => {
    const file = open(path, mode)
    file.write = () => {
      throw full
    }
    return file
  }
  const log = new LogFixture(new VirtualRuntime(), disk)
  log.append(put('a'))
  await log.log.idle()
  assert.deepEqual(log.heard, ['failed ENOSPC'])
})

/** A disk on which no file can be opened while `exhausted` says which system call fails. */
function withoutFiles(segmentBytes: number) {
  const disk = new FaultyDisk(seededRandom(1))
  const runtime = new VirtualRuntime()
  const state: { exhausted: 'open' | 'sync-directory' | undefined; code: string } = {
    exhausted: undefined,
    code: 'EMFILE',
  }
  const refuse = (what: typeof state.exhausted): void => {
    if (state.exhausted === what)
      throw Object.assign(new Error(`${state.code}: too many open files`), { code: state.code })
  }
  const mount = disk.mount()
  const limited: typeof mount = {
    ...mount,
    open: (path, mode) => {
      refuse('open')
      return mount.open(path, mode)
    },
    syncDirectory: (path) => {
      refuse('sync-directory')
      mount.syncDirectory(path)
    },
  }
  return { disk, runtime, state, log: new LogFixture(runtime, limited, { segmentBytes, maxSpares: 0 }) }
}

test('without a file to be had, what is written waits, and goes on in order when there is one', async () => {
  for (const [exhausted, code] of [
    ['open', 'EMFILE'],
    ['open', 'ENFILE'],
    ['sync-directory', 'EMFILE'],
  ] as const) {
    const { disk, runtime, state, log } = withoutFiles(4096)
    Object.assign(state, { exhausted, code })
    log.append(put('a', 'x'.repeat(3_000)))
    await turns()
    for (let i = 0; i < 20; i++) {
      runtime.advance(100)
      log.append(put(`more ${i}`, 'x'.repeat(1_000)))
      await turns()
    }
    assert.deepEqual(log.heard, [])
    assert.equal(disk.list('/log').length, 0, 'attempts leave nothing behind')
    state.exhausted = undefined
    runtime.advance(100)
    await log.log.idle()
    assert.equal(log.log.failed, undefined)
    disk.crash()
    assert.deepEqual(
      [...findLog(disk).entries.keys()],
      Array.from({ length: 21 }, (_, i) => i + 1),
      `${exhausted} ${code}`,
    )
  }
})

test('without a file for five minutes the log fails', async () => {
  const { runtime, state, log } = withoutFiles(4096)
  state.exhausted = 'open'
  log.append(put('a'))
  await turns()
  runtime.advance(299_000)
  assert.deepEqual(log.heard, [])
  runtime.advance(2_000)
  assert.deepEqual(log.heard, ['failed EMFILE: too many open files'])
  await log.log.idle()
})

test('with durability os a block is done once it is written', async () => {
  const { disk, log } = held({ durability: 'os' })
  log.append(put('a'))
  log.append(put('b'))
  await turns()
  assert.deepEqual(log.heard, ['durable 2'])
  log.append(put('c'))
  await turns()
  assert.deepEqual(log.heard, ['durable 2', 'durable 3'])
  assert.ok(!eventsOf(disk).some((event) => event.startsWith('sync')))
  assert.deepEqual([log.log.statistics.blocks, log.log.statistics.syncs], [2, 0])
})

test('an entry that is taken back leaves no trace', async () => {
  const { disk, log } = held()
  log.append(put('a'))
  log.log.beginEntry()
  log.add(put('gone', 'x'.repeat(1000)))
  log.log.abandonEntry()
  assert.equal(log.append(put('b')), 2)
  await turns()
  disk.release()
  assert.deepEqual(
    [...log.recover().entries.values()].flat().map(({ key }) => key),
    ['a', 'b'],
  )
})

const effect: fc.Arbitrary<Effect> = fc.record(
  {
    space: fc.constantFrom(0 as const, 1 as const),
    key: fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 80,
    }),
    value: fc.option(
      fc.oneof(
        { weight: 8, arbitrary: fc.nat(300).map((length) => 'v'.repeat(length)) },
        {
          weight: 2,
          arbitrary: fc.integer({ min: slabBytes - 300, max: slabBytes + 300 }).map((length) => 'w'.repeat(length)),
        },
        { weight: 2, arbitrary: fc.nat(slabBytes).map((length) => 'x'.repeat(length)) },
      ),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
)

test('entries of every size come back as they were written, across slabs and files', async () => {
  const entry = fc.record({
    effects: fc.array(effect, { minLength: 1, maxLength: 12 }),
    abandoned: fc.boolean(),
    turn: fc.boolean(),
  })
  const run = fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 25 }), async (entries) => {
    const disk = new FaultyDisk(seededRandom(2))
    const log = new LogFixture(new VirtualRuntime(), disk, { segmentBytes: 600_000 })
    const expected = new Map<number, readonly Effect[]>()
    for (const { effects, abandoned, turn } of entries) {
      if (abandoned) {
        log.log.beginEntry()
        for (const each of effects) log.add(each)
        log.log.abandonEntry()
      } else {
        expected.set(log.append(...effects), effects)
      }
      if (turn) await turns(1)
    }
    await log.log.close()
    assert.deepEqual(findLog(disk).entries, expected)
  })
  await fc.assert(run, { numRuns: 40, interruptAfterTimeLimit: 15_000 })
})

test('an entry of many effects is not copied for each of them', () => {
  const { log } = held()
  let copied = 0
  const copy = Buffer.prototype.copy
  log.log.beginEntry()
  for (let i = 0; i < 4_000; i++) {
    const { bytes } = log.log.slab
    bytes.copy = function (target, ...rest) {
      const count = copy.call(this, target, ...rest)
      copied += count
      return count
    }
    log.add(put(`${i}`, 'x'.repeat(1_000)))
  }
  log.log.endEntry()
  assert.ok(copied > 0 && copied < 4 * 4_000_000, `${copied} bytes were moved to write 4 MB`)
})

test('slabs do not leak, wherever their blocks end', async () => {
  const disk = new FaultyDisk(seededRandom(3))
  const log = new LogFixture(new VirtualRuntime(), disk)
  const slabs = new Set<object>([log.log.slab])
  for (let i = 0; i < 30_000; i++) {
    log.append(put(`${i}`, 'x'.repeat((i * 7) % 300)))
    slabs.add(log.log.slab)
  }
  assert.ok(slabs.size > 3)
  assert.equal(log.slabs.heldBytes, slabs.size * slabBytes, 'every slab that counts was written to')
  await log.log.idle()
})
