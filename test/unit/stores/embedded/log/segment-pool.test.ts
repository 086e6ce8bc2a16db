import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskFile } from '../../../../../src/runtime/disk.ts'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import type { Segment } from '../../../../../src/stores/embedded/log/segment.ts'
import { SegmentPool } from '../../../../../src/stores/embedded/log/segment-pool.ts'
import { FaultyDisk } from '../../../../support/disk/faulty-disk.ts'
import { logFolder, turns } from '../../../../support/log-fixture.ts'

const segmentBytes = 8192

function poolOn(disk: FaultyDisk, maxSpares = 2): SegmentPool {
  return new SegmentPool(disk, seededRandom(1), { directory: logFolder, segmentBytes, maxSpares }, 1)
}

/** Counts files that are open. */
class CountingDisk extends FaultyDisk {
  openFiles = 0

  override open(path: string, mode: 'create' | 'existing'): DiskFile {
    const file = super.open(path, mode)
    this.openFiles += 1
    const close = file.close.bind(file)
    file.close = () => {
      this.openFiles -= 1
      close()
    }
    return file
  }
}

test('files that come back are used again, and more than the bound are removed', async () => {
  const disk = new CountingDisk(seededRandom(1))
  const pool = poolOn(disk)
  const taken: Segment[] = []
  for (let i = 0; i < 10; i++) {
    taken.push(pool.take(100))
    await turns(4)
  }
  const names = new Set(taken.map(({ path }) => path))
  assert.equal(names.size, 10)
  const salts = new Set(taken.map(({ header }) => header.salt))
  assert.equal(salts.size, 10)
  for (const segment of taken) pool.giveBack(segment)
  // Two spares by the bound, and one that had been prepared before.
  assert.ok(disk.list(logFolder).length <= 3, `${disk.list(logFolder).length} files are left`)
  assert.equal(disk.openFiles, disk.list(logFolder).length)
  const before = new Set(disk.list(logFolder))
  const again = pool.take(100)
  assert.ok(!before.has(again.path.slice(logFolder.length + 1)), 'a new name')
  assert.equal(disk.list(logFolder).length, before.size, 'of an old file')
  again.file.close()
  await pool.close()
  assert.equal(disk.openFiles, 0)
})

test('the second file is prepared in the background: allocated, durable, and without a header', async () => {
  const disk = new FaultyDisk(seededRandom(1))
  const pool = poolOn(disk)
  const first = pool.take(100)
  await turns(10)
  assert.equal(disk.list(logFolder).length, 2)
  disk.crash()
  const spare = disk.list(logFolder).find((name) => !first.path.endsWith(name))!
  const file = disk.open(`${logFolder}/${spare}`, 'existing')
  assert.equal(file.size(), segmentBytes)
  const bytes = Buffer.alloc(segmentBytes)
  file.read(bytes, 0, segmentBytes, 0)
  assert.ok(bytes.every((byte) => byte === 0))
})

test('a block larger than a file gets one of its own, which is not kept', async () => {
  const disk = new FaultyDisk(seededRandom(1))
  const pool = poolOn(disk)
  const large = pool.take(segmentBytes * 3)
  assert.ok(large.sizeBytes >= segmentBytes * 3 + 64)
  const small = pool.take(segmentBytes - 64)
  assert.equal(small.sizeBytes, segmentBytes)
  await turns(10)
  pool.giveBack(large)
  assert.ok(!disk.exists(large.path))
  await pool.close()
})

test('closing waits for what is being prepared, and removes it', async () => {
  const disk = new CountingDisk(seededRandom(1))
  const pool = poolOn(disk)
  const first = pool.take(100)
  await pool.close()
  assert.deepEqual(disk.list(logFolder), [first.path.slice(logFolder.length + 1)])
  first.file.close()
  assert.equal(disk.openFiles, 0)
})

test('a spare that cannot be prepared fails nobody', async () => {
  for (const broken of ['writeLater', 'datasync', 'open', 'syncDirectory'] as const) {
    const disk = new FaultyDisk(seededRandom(1))
    const pool = poolOn(disk)
    const first = pool.take(100)
    await turns(10)
    pool.take(100).file.close()
    breakDisk(disk, broken)
    const second = pool.take(100)
    await turns(10)
    assert.notEqual(first.path, second.path, broken)
    await pool.close()
  }
})

function breakDisk(disk: FaultyDisk, broken: 'writeLater' | 'datasync' | 'open' | 'syncDirectory'): void {
  const full = new Error('ENOSPC')
  const open = disk.open.bind(disk)
  let opened = 0
  disk.open = (path, mode) => {
    opened += 1
    if (broken === 'open' && opened > 1) throw full
    const file = open(path, mode)
    if (broken === 'writeLater') file.writeLater = (_, __, done) => setImmediate(() => done(full))
    if (broken === 'datasync') file.datasync = (done) => setImmediate(() => done(full))
    return file
  }
  const sync = disk.syncDirectory.bind(disk)
  let syncs = 0
  disk.syncDirectory = () => {
    syncs += 1
    if (broken === 'syncDirectory' && syncs > 1) throw full
    sync()
  }
}
