import { join } from 'node:path'
import type { Disk } from '../../runtime/disk.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { walkEffects } from './log/entries.ts'
import { type LogListener, LogWriter } from './log/log-writer.ts'
import { EpochBehind, recoverLog } from './log/recovery.ts'
import { SegmentPool } from './log/segment-pool.ts'
import { type Slab, type SlabQueue, slabBytes } from './log/slab.ts'
import type { Overlay } from './overlay.ts'
import type { ShardSettings } from './shard-settings.ts'

const maxSpares = 4

export interface OpenedLog {
  readonly log: LogWriter
  readonly lastIndex: number
  readonly tornBytes: number
}

/**
 * Reads the shard's log, puts what the engine does not have yet into the overlay, and opens the log for writing behind
 * the last intact block, in a new segment: what a torn block left can then never be taken for a continuation. Throws
 * `LogDamaged` if it lacks what may have been acknowledged, and `EpochBehind` if it is ahead of the coordination.
 */
export function openLog(
  runtime: Runtime,
  disk: Disk,
  settings: ShardSettings,
  parts: { readonly overlay: Overlay; readonly slabs: SlabQueue; readonly appliedIndex: number },
  listener: LogListener,
): OpenedLog {
  const directory = join(settings.dataDirectory, 'log')
  const { overlay, slabs, appliedIndex } = parts
  let slab: Slab | undefined
  let used = 0
  const recovered = recoverLog(
    disk,
    directory,
    appliedIndex,
    settings.durability === 'group',
    (bytes, start, header) => {
      if (header.epoch > settings.epoch) throw new EpochBehind(directory, header.epoch, settings.epoch)
      if (header.firstIndex + header.entries - 1 <= appliedIndex) return
      if (slab === undefined || used + header.lengthBytes > slab.bytes.length) {
        slab = slabs.take(Math.max(slabBytes, header.lengthBytes))
        used = 0
      }
      const into = slab
      bytes.copy(into.bytes, used, start, start + header.lengthBytes)
      walkEffects(into.bytes, used, header, (index, offset) => {
        if (index > appliedIndex) overlay.push(into, offset, index)
      })
      used += header.lengthBytes
    },
  )
  const pool = new SegmentPool(
    disk,
    runtime.random,
    { directory, segmentBytes: settings.segmentBytes, maxSpares },
    recovered.nextSequence,
  )
  const log = new LogWriter(runtime, slabs, pool, listener, settings, {
    epoch: settings.epoch,
    nextIndex: recovered.lastIndex + 1,
    full: recovered.segments,
  })
  return { log, lastIndex: recovered.lastIndex, tornBytes: recovered.tornBytes }
}
