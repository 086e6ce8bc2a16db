import { type BodyKind, intentOf } from '../../../src/operation/body.ts'
import { QueryMemory } from '../../../src/operation/query/query-memory.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import type { Disk } from '../../../src/runtime/disk.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { EmbeddedStore } from '../../../src/stores/embedded/embedded-store.ts'
import type { Engine } from '../../../src/stores/embedded/engine/engine.ts'
import type { StoreCapabilities } from '../../../src/stores/store.ts'
import { shardSettings } from '../../support/shard-harness.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { StoreHarness } from './store-case.ts'

export function embeddedCapabilities(engine: 'lmdb' | 'rocksdb' | 'memory'): StoreCapabilities {
  const kinds = Object.keys(intentOf) as BodyKind[]
  return {
    bodies: new Set(kinds.filter((kind) => kind !== 'lease-revoke')),
    durable: engine !== 'memory',
    immediateReads: engine !== 'rocksdb',
  }
}

export interface EmbeddedParts {
  readonly folder: string
  readonly disk: Disk
  createEngine(runtime: Runtime): Engine
  remove(): Promise<void>
}

/** An embedded store of one shard in virtual time. Small segments, so that the suite passes through many. */
export class EmbeddedHarness implements StoreHarness {
  readonly shard = 1
  readonly node = 'n1'
  readonly maxValueBytes = shardSettings.maxValueBytes
  readonly idempotency = { ttlMs: 60_000, maxEntries: 40 }
  restart?: () => Promise<void>
  store!: EmbeddedStore
  readonly #engine: 'lmdb' | 'rocksdb' | 'memory'
  readonly #parts: EmbeddedParts
  readonly #runtime = new VirtualRuntime()

  constructor(engine: 'lmdb' | 'rocksdb' | 'memory', parts: EmbeddedParts) {
    this.#engine = engine
    this.#parts = parts
    if (engine !== 'memory') {
      this.restart = async () => {
        await this.store.close()
        await this.open()
      }
    }
  }

  get clock(): Clock {
    return this.#runtime.clock
  }

  async open(): Promise<this> {
    const { disk, folder, createEngine } = this.#parts
    const settings = {
      ...shardSettings,
      engine: this.#engine,
      dataDirectory: folder,
      segmentBytes: 256 << 10,
      idempotencyTtlMs: this.idempotency.ttlMs,
      idempotencyEntries: this.idempotency.maxEntries,
    }
    this.store = new EmbeddedStore({
      queries: new QueryMemory(this.#runtime, 1 << 30),
      runtime: this.#runtime,
      disk,
      shards: [settings],
      createEngine: () => createEngine(this.#runtime),
      onLeaseExpired: () => {},
      onShardFailed: (_, error) => {
        throw error
      },
    })
    await this.store.open()
    return this
  }

  async elapse(ms: number): Promise<void> {
    await this.#settle()
    this.#runtime.pause(ms)
    await this.#settle()
  }

  async dispose(): Promise<void> {
    await this.store.close()
    await this.#parts.remove()
  }

  /** Until everything written is applied and nothing has been written for a few turns. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      const { logged, sweeper, workspace } = this.store.view(this.shard).open
      const { nextIndex } = workspace
      await new Promise<void>((resolve) => setImmediate(resolve))
      await sweeper.idle()
      await logged?.log.idle()
      const busy = logged !== undefined && logged.overlay.head < logged.overlay.tail
      if (busy || workspace.nextIndex !== nextIndex) quiet = -1
      this.#runtime.advance(0)
    }
  }
}
