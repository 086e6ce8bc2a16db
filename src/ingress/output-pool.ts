import type { Timers } from '../runtime/timers.ts'
import type { LateClients } from './late-clients.ts'
import { Scratch } from './scratch.ts'

export interface OutboxLimits {
  /** Bytes waiting for a client above which no more of its requests are read. */
  readonly softBytes: number
  /**
   * Bytes waiting for a client above which it is disconnected as soon as more comes. One answer may be larger than
   * this: a client that takes what it is sent never gets there.
   */
  readonly hardBytes: number
}

/** Who gathers answers in the scratch: an outbox, which knows its pool and which the pool need not know. */
export interface Gatherer {
  flush(): void
  seal(): void
}

/** Pieces of scratch memory kept for reuse: what a turn of the event loop with many deep pipelines fills. */
const maxSpareScratch = 8
/** What may be gathered in one turn of the event loop, of all connections, before it is written. */
const maxGatheredBytes = 4 * 1024 * 1024
/**
 * A view that is kept keeps all the memory behind it, up to this much for each protocol. It is as much as stores answer
 * with again and again: with one shard all look-ups of lmdb-js answer with the same 16 MiB, with several each has its own.
 */
export const maxKeptBytes = 16 * 1024 * 1024

const noBytes = new Uint8Array(0)

/**
 * What the outboxes of one protocol share: the scratch memory, and the list of outboxes to be flushed when the events
 * already waiting are done. Reusing the scratch is what keeps a reply free of allocation (a write that the system takes
 * whole leaves nothing behind); memory that a slow write still refers to is replaced. Writing everybody's replies one
 * right after the other, as Redis does before it sleeps, finds the clients awake: to wake one costs more than the rest
 * of the system call.
 */
export class OutputPool {
  readonly limits: OutboxLimits
  /** Bytes handed to sockets. */
  bytesWritten = 0
  /** @internal Those who keep answers waiting, or have to wait. */
  readonly late: LateClients
  /** @internal Sealed bytes that were not handed to their sockets. */
  gatheredBytes = 0
  /** @internal The scratch in use; its tail belongs to `owner`. */
  scratch = new Scratch()
  /** @internal */
  owner: Gatherer | undefined
  private readonly timers: Timers
  /** Those to be flushed come first. The array keeps its length: to shorten it, and let it grow again, costs more. */
  private readonly dirty: (Gatherer | undefined)[] = []
  private dirtyCount = 0
  private viewed: Uint8Array = noBytes
  private viewStart = 0
  private viewEnd = 0
  private lastView: Uint8Array = noBytes
  private readonly spareScratch: Scratch[] = []
  /** Flushes everything that `flushSoon` was asked for. */
  readonly flushAll = (): void => {
    const { dirty } = this
    for (let i = 0; i < this.dirtyCount; i++) {
      dirty[i]?.flush()
      dirty[i] = undefined
    }
    this.dirtyCount = 0
  }

  /** `late` may be shared by the pools of several protocols. */
  constructor(timers: Timers, limits: OutboxLimits, late: LateClients) {
    this.timers = timers
    this.limits = limits
    this.late = late
  }

  /** @internal */
  flushSoon(outbox: Gatherer): void {
    if (this.dirtyCount === 0) this.timers.soon(this.flushAll)
    this.dirty[this.dirtyCount++] = outbox
  }

  /** @internal `source[start..end)`; the one made last is kept, since stores answer out of the same memory. */
  view(source: Uint8Array, start: number, end: number): Uint8Array {
    if (source === this.viewed && start === this.viewStart && end === this.viewEnd) return this.lastView
    const view = new Uint8Array(source.buffer, source.byteOffset + start, end - start)
    if (source.buffer.byteLength > maxKeptBytes) return view
    this.lastView = view
    this.viewed = source
    this.viewStart = start
    this.viewEnd = end
    return view
  }

  /** @internal More was gathered: not too much for one turn? */
  checkGathered(): void {
    if (this.gatheredBytes > maxGatheredBytes) this.flushAll()
  }

  /** @internal Starts another scratch; the old one lives on in the pieces that refer to it. */
  replaceScratch(): void {
    this.scratch = this.spareScratch.pop() ?? new Scratch()
  }

  /** @internal No piece lies in this scratch any more. */
  emptied(scratch: Scratch): void {
    if (scratch === this.scratch) {
      if (this.owner === undefined) scratch.used = 0
    } else if (!scratch.lost && this.spareScratch.length < maxSpareScratch) {
      scratch.used = 0
      this.spareScratch.push(scratch)
    }
  }
}
