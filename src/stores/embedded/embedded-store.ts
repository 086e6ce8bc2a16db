import { type BodyKind, intentOf } from '../../operation/body.ts'
import type { QueryMemory } from '../../operation/query/query-memory.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Timer } from '../../runtime/timers.ts'
import type { Session, Store, StoreCapabilities } from '../store.ts'
import type { Engine } from './engine/engine.ts'
import { type OpenShard, openShard, settleShard } from './open-shard.ts'
import { SliceScheduler } from './range/slices.ts'
import { ReplyMemory } from './reply-memory.ts'
import type { ShardSettings } from './shard-settings.ts'

const housekeepingMs = 500
/** Records in answers that wait for the disk. */
const waitingReplyBytes = 64 << 20

export interface EmbeddedStoreParts {
  readonly runtime: Runtime
  readonly disk: Disk
  /** One for each shard. */
  readonly shards: readonly ShardSettings[]
  /** Shared with whoever merges what the shards answer. */
  readonly queries: QueryMemory
  createEngine(settings: ShardSettings): Engine
  /** A lease has ended, or its revocation was interrupted: whoever routes should revoke it. Repeated until it is gone. */
  onLeaseExpired(id: number): void
  /** A shard stopped serving after an error, of its disk as a rule. */
  onShardFailed(shard: number, error: Error): void
  /** A slice of long work is about to take its time: what has been answered should be sent first. */
  beforeSlice?(): void
}

/** What `status` and the metrics show of one shard. */
export interface ShardView {
  readonly settings: ShardSettings
  readonly open: OpenShard
}

/** Shards of an embedded engine in this process. */
export class EmbeddedStore implements Store {
  readonly capabilities: StoreCapabilities
  readonly #parts: EmbeddedStoreParts
  readonly #shards = new Map<number, ShardView>()
  readonly #failed = new Set<number>()
  readonly #slices: SliceScheduler
  readonly #replies = new ReplyMemory(waitingReplyBytes)
  /** Shards whose engine is closed, or about to be. */
  readonly #closed = new Set<number>()
  #housekeeping: Timer | undefined
  #opening: Promise<void> | undefined

  constructor(parts: EmbeddedStoreParts) {
    this.#parts = parts
    this.#slices = new SliceScheduler(parts.runtime, () => parts.beforeSlice?.())
    const engine = parts.shards[0]?.engine
    const kinds = Object.keys(intentOf) as BodyKind[]
    this.capabilities = {
      bodies: new Set(kinds.filter((kind) => kind !== 'lease-revoke')),
      durable: engine !== 'memory',
      immediateReads: engine !== 'rocksdb',
    }
  }

  /** Opens all shards; throws if one cannot be opened without losing data, and then leaves none open. */
  open(): Promise<void> {
    this.#opening = this.#openAll()
    return this.#opening
  }

  session(shard: number): Session {
    return this.view(shard).open.shard
  }

  view(shard: number): ShardView {
    const view = this.#shards.get(shard)
    if (view === undefined) throw new Error(`shard ${shard} is not on this node`)
    return view
  }

  /** The shards that are open: while the store opens or closes these may be some, or none. */
  get views(): ShardView[] {
    const open = [...this.#shards.values()].filter(({ settings }) => !this.#closed.has(settings.shard))
    return open.sort((a, b) => a.settings.shard - b.settings.shard)
  }

  /** Also while it opens: then once that is done. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    this.#housekeeping?.cancel()
    await this.#closeAll()
  }

  async #openAll(): Promise<void> {
    const { runtime, shards } = this.#parts
    const results = await Promise.allSettled(shards.map((settings) => this.#openShard(settings)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) {
      await this.#closeAll()
      throw failed.reason
    }
    // Not before: what the engines lack is served from memory, and clients wait for the shards that are still closed.
    for (const { open } of this.#shards.values()) open.logged?.applier.start()
    this.#housekeeping = runtime.timers.every(housekeepingMs, () => this.#keepHouse())
  }

  async #closeAll(): Promise<void> {
    const results = await Promise.allSettled([...this.#shards.values()].map((view) => this.#closeShard(view)))
    this.#shards.clear()
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #closeShard({ settings, open }: ShardView): Promise<void> {
    await settleShard(open)
    this.#closed.add(settings.shard)
    await open.engine.close()
  }

  async #openShard(settings: ShardSettings): Promise<void> {
    const { runtime, disk, queries, createEngine } = this.#parts
    const surroundings = { runtime, disk, queries, slices: this.#slices, replies: this.#replies }
    const engine = createEngine(settings)
    try {
      const open = await openShard(surroundings, engine, settings)
      this.#shards.set(settings.shard, { settings, open })
    } catch (error) {
      await engine.close()
      throw error
    }
  }

  #keepHouse(): void {
    const now = this.#parts.runtime.clock.now()
    for (const { settings, open } of this.#shards.values()) {
      const { failure } = open.shard
      if (failure !== undefined) {
        if (!this.#failed.has(settings.shard)) this.#parts.onShardFailed(settings.shard, failure)
        this.#failed.add(settings.shard)
        continue
      }
      open.ranges.tidy(now)
      for (const id of open.leases.due()) this.#parts.onLeaseExpired(id)
      void this.#sweep(open)
    }
  }

  async #sweep(open: OpenShard): Promise<void> {
    try {
      while (await open.sweeper.sweep()) await new Promise<void>((resolve) => this.#parts.runtime.timers.soon(resolve))
    } catch (error) {
      open.shard.fail(error as Error)
    }
  }
}
