import type { Runtime } from '../../runtime/runtime.ts'
import type { Timer } from '../../runtime/timers.ts'
import { maxChanges } from './engine/apply-rules.ts'
import type { Change, Engine } from './engine/engine.ts'
import type { LogWriter } from './log/log-writer.ts'
import type { SlabQueue } from './log/slab.ts'
import type { Overlay } from './overlay.ts'

/** Effects looked at for one transaction; most of them superseded if it does not fill. */
const maxEffects = 8192

/**
 * With an empty backlog, applying rests this many times as long as it worked, while writes go on and when they have
 * stopped; the rest shrinks as the backlog fills. A core has several times as much to do for a change as for its entry.
 */
const longestRest = { busy: 16, quiet: 4 }
/** And at most this long: one transaction that a disk held up says little about the next. */
const longestRestMs = 1_000
/** At this share of the backlog's bound, and above, applying does not rest. */
const eagerShare = 0.75

export interface ApplierSettings {
  /** Bound of the backlog of unapplied writes. */
  readonly backlogBytes: number
}

/** Encoded position of the last entry an engine holds completely. */
export interface Mark {
  readonly epoch: number
  readonly index: number
}

export function encodeMark(mark: Mark): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32LE(mark.epoch, 0)
  bytes.writeUIntLE(mark.index, 4, 6)
  return bytes
}

export function decodeMark(bytes: Uint8Array | undefined): Mark {
  if (bytes === undefined) return { epoch: 0, index: 0 }
  const view = Buffer.from(bytes)
  return { epoch: view.readUInt32LE(0), index: view.readUIntLE(4, 6) }
}

/**
 * Moves committed effects from the overlay to the engine, oldest first, one transaction at a time. Of a key written
 * several times only the newest committed effect is applied. Log files are given back once the engine has flushed.
 */
export class Applier {
  readonly #runtime: Runtime
  readonly #engine: Engine
  readonly #overlay: Overlay
  readonly #log: LogWriter
  readonly #slabs: SlabQueue
  readonly #settings: ApplierSettings
  readonly #onProgress: (bytes: number) => void
  readonly #onFailed: (error: Error) => void
  /** Sequence number after the last committed effect. */
  #committed: number
  #running = false
  /** Armed while it rests. */
  #rest: Timer | undefined
  #restBegan = 0
  #lastTookMs = 0
  /** The overlay's tail when the last transaction began. */
  #tailBefore = 0
  #flushing = false
  #stopped = false
  #current: Promise<void> = Promise.resolve()
  /** Set while a reader outside the event loop's turn still relies on the overlay. */
  #removalGate: (() => Promise<void>) | undefined

  appliedIndex: number
  flushedIndex: number

  constructor(
    runtime: Runtime,
    parts: { engine: Engine; overlay: Overlay; log: LogWriter; slabs: SlabQueue },
    settings: ApplierSettings,
    appliedIndex: number,
    /** The engine has taken effects of so many bytes. */
    onProgress: (bytes: number) => void,
    onFailed: (error: Error) => void,
  ) {
    this.#runtime = runtime
    this.#engine = parts.engine
    this.#overlay = parts.overlay
    this.#log = parts.log
    this.#slabs = parts.slabs
    this.#settings = settings
    this.appliedIndex = appliedIndex
    this.flushedIndex = appliedIndex
    this.#committed = parts.overlay.tail
    this.#onProgress = onProgress
    this.#onFailed = onFailed
  }

  /** Begins with what recovery has left in the overlay. */
  start(): void {
    if (this.#rest !== undefined) this.#shortenRest()
    else if (!this.#running) this.#goOn()
  }

  /** Before effects leave the overlay, `gate` is awaited (engines whose reads are under way outside the event loop). */
  set removalGate(gate: () => Promise<void>) {
    this.#removalGate = gate
  }

  /** Everything pushed to the overlay up to log entry `index` is committed. */
  commit(index: number): void {
    const { tail } = this.#overlay
    while (this.#committed < tail && this.#overlay.indexAt(this.#overlay.refAt(this.#committed)) <= index) {
      this.#committed += 1
    }
    this.start()
  }

  /** Applies what is committed, for `limitMs` at most, flushes the engine, and stops. The log keeps what is left. */
  async drain(limitMs: number): Promise<void> {
    this.#endRest()
    const { clock } = this.#runtime
    const until = clock.now() + limitMs
    while (this.#overlay.head < this.#committed && !this.#stopped && clock.now() < until) await this.#applyBatch()
    this.#stopped = true
    await this.#current
    await this.#engine.flushed()
    this.flushedIndex = this.appliedIndex
    this.#log.releaseUpTo(this.flushedIndex)
  }

  /** Begins no further transaction; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#endRest()
    await this.#current.catch(() => {})
  }

  #goOn(): void {
    if (this.#stopped || this.#overlay.head === this.#committed) return
    const restMs = this.#restMs()
    if (restMs === 0) return this.#runSoon()
    this.#restBegan = this.#runtime.clock.now()
    this.#rest = this.#runtime.timers.after(restMs, () => {
      this.#rest = undefined
      this.#running = true
      void this.#run()
    })
  }

  /** The backlog has grown while it rested: there may be no time left for that. */
  #shortenRest(): void {
    if (this.#runtime.clock.now() - this.#restBegan < this.#restMs()) return
    this.#endRest()
    this.#runSoon()
  }

  #endRest(): void {
    this.#rest?.cancel()
    this.#rest = undefined
  }

  #runSoon(): void {
    this.#running = true
    this.#runtime.timers.soon(() => void this.#run())
  }

  /** A burst is absorbed by the log alone, and the engine catches up when it is over or when the backlog grows. */
  #restMs(): number {
    const fill = this.#slabs.heldBytes / this.#settings.backlogBytes
    const longest = this.#overlay.tail === this.#tailBefore ? longestRest.quiet : longestRest.busy
    return Math.max(0, Math.min(longestRestMs, this.#lastTookMs * longest) * (1 - fill / eagerShare))
  }

  async #run(): Promise<void> {
    if (this.#stopped) return
    const begunAt = this.#runtime.clock.now()
    this.#tailBefore = this.#overlay.tail
    try {
      await this.#applyBatch()
      this.#lastTookMs = this.#runtime.clock.now() - begunAt
    } catch (error) {
      this.#stopped = true
      this.#onFailed(error as Error)
    }
    this.#running = false
    this.#goOn()
  }

  #applyBatch(): Promise<void> {
    this.#current = this.#current.then(() => this.#applyOne())
    return this.#current
  }

  async #applyOne(): Promise<void> {
    const overlay = this.#overlay
    const first = overlay.head
    const last = Math.min(this.#committed, first + maxEffects)
    if (first === last) return
    const changes: Change[] = []
    let next = first
    for (; next < last && changes.length < maxChanges; next++) {
      const ref = overlay.refAt(next)
      if (this.#superseded(next)) continue
      const value = overlay.removesAt(ref)
        ? undefined
        : overlay.slabAt(ref).bytes.subarray(overlay.valueStartAt(ref), overlay.valueEndAt(ref))
      changes.push({ space: overlay.spaceAt(ref), key: overlay.keyAt(ref), value })
    }
    const index = this.#completeIndex(next)
    if (this.#log.hasUnsynced) await this.#log.sync()
    await this.#engine.apply(changes, encodeMark({ epoch: this.#log.epoch, index }))
    if (this.#removalGate !== undefined) await this.#removalGate()
    const bytes = this.#forget(next)
    this.appliedIndex = index
    this.#flush()
    this.#onProgress(bytes)
  }

  /** Whether a newer committed effect on the same key makes this one pointless. */
  #superseded(sequence: number): boolean {
    const overlay = this.#overlay
    const ref = overlay.refAt(sequence)
    if (overlay.isNewest(ref)) return false
    const distance = (overlay.newestAt(ref) - ref) & 0x7fffffff
    return distance > 0 && sequence + distance < this.#committed
  }

  /** The last entry all of whose effects come before effect `next`. */
  #completeIndex(next: number): number {
    const overlay = this.#overlay
    const index = overlay.indexAt(overlay.refAt(next - 1))
    if (next === overlay.tail) return index
    return overlay.indexAt(overlay.refAt(next)) === index ? index - 1 : index
  }

  /** Answers how many bytes that were. */
  #forget(next: number): number {
    const overlay = this.#overlay
    let bytes = 0
    while (overlay.head < next) {
      const ref = overlay.refAt(overlay.head)
      bytes += overlay.valueEndAt(ref) - overlay.offsetAt(ref)
      const slab = overlay.shift()
      if (slab.live === 0 && slab !== this.#log.slab) this.#slabs.giveBack(slab)
    }
    return bytes
  }

  #flush(): void {
    if (this.#flushing || this.flushedIndex === this.appliedIndex || !this.#log.hasFullSegments) return
    this.#flushing = true
    const index = this.appliedIndex
    this.#engine.flushed().then(
      () => {
        this.#flushing = false
        this.flushedIndex = index
        this.#log.releaseUpTo(index)
      },
      (error: unknown) => this.#onFailed(error as Error),
    )
  }
}
