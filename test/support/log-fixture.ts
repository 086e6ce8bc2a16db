import type { Disk } from '../../src/runtime/disk.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Space } from '../../src/stores/embedded/engine/engine.ts'
import { effectHeaderBytes, effectRemoves } from '../../src/stores/embedded/log/block.ts'
import { walkEffects } from '../../src/stores/embedded/log/entries.ts'
import { LogWriter } from '../../src/stores/embedded/log/log-writer.ts'
import { type RecoveredLog, recoverLog } from '../../src/stores/embedded/log/recovery.ts'
import { SegmentPool } from '../../src/stores/embedded/log/segment-pool.ts'
import { SlabQueue } from '../../src/stores/embedded/log/slab.ts'

export interface Effect {
  readonly space?: Space
  readonly key: string
  /** Undefined removes. */
  readonly value: string | undefined
}

/** A log as it was found: its entries by index, each with its effects. */
export interface FoundLog extends RecoveredLog {
  readonly entries: ReadonlyMap<number, readonly Effect[]>
}

export interface LogFixtureSettings {
  readonly durability?: 'group' | 'os'
  readonly segmentBytes?: number
  readonly maxSpares?: number
}

export const logFolder = '/log'

/** A log writer by itself, and what it told its listener. Nothing is applied, so slabs are never given back. */
export class LogFixture {
  readonly log: LogWriter
  readonly slabs = new SlabQueue()
  /** `durable N`, `failed MESSAGE`. */
  readonly heard: string[] = []
  readonly #disk: Disk

  constructor(runtime: Runtime, disk: Disk, settings: LogFixtureSettings = {}, after?: FoundLog) {
    this.#disk = disk
    disk.makeDirectory(logFolder)
    const { durability = 'group', segmentBytes = 64 << 10, maxSpares = 4 } = settings
    const pool = new SegmentPool(
      disk,
      runtime.random,
      { directory: logFolder, segmentBytes, maxSpares },
      after?.nextSequence ?? 1,
    )
    const listener = {
      onDurable: (index: number) => void this.heard.push(`durable ${index}`),
      onFailed: (error: Error) => void this.heard.push(`failed ${error.message}`),
    }
    const start = { epoch: 3, nextIndex: (after?.lastIndex ?? 0) + 1, full: after?.segments ?? [] }
    this.log = new LogWriter(runtime, this.slabs, pool, listener, { durability }, start)
  }

  /** Appends one entry; answers its index. */
  append(...effects: readonly Effect[]): number {
    this.log.beginEntry()
    for (const effect of effects) this.add(effect)
    return this.log.endEntry()
  }

  add({ space = 0, key, value }: Effect): void {
    const keyBytes = Buffer.from(key, 'latin1')
    const valueBytes = Buffer.from(value ?? '', 'latin1')
    this.log.ensureRoom(keyBytes.length, valueBytes.length)
    const offset = this.log.addEffect(space, value === undefined, keyBytes, valueBytes.length)
    valueBytes.copy(this.log.slab.bytes, offset + effectHeaderBytes + keyBytes.length)
  }

  recover(appliedIndex = 0, strict = true): FoundLog {
    return findLog(this.#disk, appliedIndex, strict)
  }
}

/** Recovers the log on a disk and keeps what it holds. */
export function findLog(disk: Disk, appliedIndex = 0, strict = true): FoundLog {
  const entries = new Map<number, Effect[]>()
  const recovered = recoverLog(disk, logFolder, appliedIndex, strict, (bytes, start, header) => {
    walkEffects(bytes, start, header, (index, offset) => {
      const space = bytes[offset] as Space
      const removes = (bytes[offset + 1]! & effectRemoves) !== 0
      const valueStart = offset + effectHeaderBytes + bytes.readUInt16LE(offset + 2)
      const key = bytes.subarray(offset + effectHeaderBytes, valueStart)
      const value = bytes.subarray(valueStart, valueStart + bytes.readUInt32LE(offset + 4)).toString('latin1')
      const effect = { space, key: Buffer.from(key).toString('latin1'), value: removes ? undefined : value }
      entries.set(index, [...(entries.get(index) ?? []), effect])
    })
  })
  return { ...recovered, entries }
}

/** Two turns of the event loop: what was appended is being written, what was synced has been told. */
export async function turns(count = 2): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Until the log has stopped waiting for those whom it has just answered to write again, too. */
export async function gathered(): Promise<void> {
  await turns(20)
}
