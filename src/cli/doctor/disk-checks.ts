import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { DataLocked, lockData } from '../../stores/data-lock.ts'
import { humanBytes, humanMs } from '../human.ts'
import { obstacleTo } from '../obstacle.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { folderHolder } from './folder-holder.ts'

/** As in linux/magic.h. */
const tmpfsMagic = 0x01021994

const writes = 64
const longestMs = 2000
const block = Buffer.alloc(4096)

/** The folder of the data: may it be written, is there room, how fast is it safe, does somebody use it? */
export async function checkDisk(settings: Settings, { clock, random }: Runtime): Promise<readonly Finding[]> {
  const { dataDir } = settings.node
  const obstacle = obstacleTo(dataDir)
  if (obstacle !== undefined) {
    const advice = 'change its owner or mode, run as another user, or choose another node.dataDir'
    return [fail('data folder', `${dataDir} cannot be used: ${obstacle.detail}`, advice)]
  }
  if (settings.store.engine === 'memory') return [ok('data folder', 'not used for records by the engine memory')]
  const folder = nearestExisting(dataDir)
  const finding = await checkHolder(dataDir, random)
  if (finding.verdict === 'fail') return [finding]
  try {
    return [finding, checkRoom(folder, settings), ...checkFsync(folder, clock)]
  } catch (error) {
    const advice = 'let the user of Headgate write there, or choose another node.dataDir'
    return [finding, fail('disk', `${folder} cannot be written: ${(error as Error).message}`, advice)]
  }
}

async function checkHolder(dataDir: string, random: Random): Promise<Finding> {
  const name = 'data folder'
  if (!existsSync(dataDir)) return ok(name, `${dataDir} will be made`)
  try {
    const lock = await lockData(dataDir, random)
    await lock.release()
    return ok(name, `${dataDir} is there, and nobody uses it`)
  } catch (error) {
    if (!(error instanceof DataLocked)) {
      const advice = 'let the user of Headgate write there, or choose another node.dataDir'
      return fail(name, `${dataDir} cannot be used: ${(error as Error).message}`, advice)
    }
    const holder = folderHolder(dataDir)
    const advice = 'one process at a time: stop that one, or choose another node.dataDir'
    return fail(
      name,
      `${dataDir} is in use by ${holder === undefined ? 'another process' : `process ${holder}`}`,
      advice,
    )
  }
}

function checkRoom(folder: string, { store, sharding }: Settings): Finding {
  const { bavail, blocks, bsize, type } = statfsSync(folder)
  const [free, total] = [bavail * bsize, blocks * bsize]
  const detail = `${humanBytes(free)} free of ${humanBytes(total)}`
  if (type === tmpfsMagic) {
    return warn('disk', `${detail}, in memory (tmpfs)`, 'nothing there survives a reboot: choose another node.dataDir')
  }
  const needed = store.backlogBytes + 2 * store.logSegmentBytes * sharding.shards
  if (free < needed) return fail('disk', detail, `the write log alone may need ${humanBytes(needed)}: make room`)
  return free < total / 10 ? warn('disk', detail, 'less than a tenth is free: make room soon') : ok('disk', detail)
}

/** Times writes of 4 KiB with fdatasync, what every batch of durable writes waits for. */
function checkFsync(folder: string, clock: Clock): readonly Finding[] {
  const trial = mkdtempSync(join(folder, 'headgate-doctor-'))
  try {
    const times = timedWrites(join(trial, 'trial'), clock).sort((a, b) => a - b)
    const median = times[Math.floor(times.length / 2)] ?? 0
    const worst = times[Math.floor(times.length * 0.99)] ?? 0
    const detail = `median ${humanMs(median)}, 99th percentile ${humanMs(worst)} of ${times.length}`
    if (worst <= 20) return [ok('fsync', detail)]
    return [warn('fsync', detail, 'durable writes wait for this: use a faster disk, or store.durability: os')]
  } finally {
    rmSync(trial, { recursive: true, force: true })
  }
}

function timedWrites(file: string, clock: Clock): number[] {
  const times: number[] = []
  const descriptor = openSync(file, 'wx')
  try {
    const end = clock.now() + longestMs
    for (let i = 0; i < writes && clock.now() < end; i++) {
      const start = clock.now()
      writeSync(descriptor, block, 0, block.length, i * block.length)
      fdatasyncSync(descriptor)
      times.push(clock.now() - start)
    }
  } finally {
    closeSync(descriptor)
  }
  return times
}

function nearestExisting(folder: string): string {
  let place = folder
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place)
  return place
}
