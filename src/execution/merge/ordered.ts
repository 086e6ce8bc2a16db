import type { GatewayError } from '../../errors.ts'
import type { Body, KeyRange, ScanBody } from '../../operation/body.ts'
import type { MissingShard, PageReply, Reply, ScanEntry } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { compareKeys } from './compare-keys.ts'
import { unexpected } from './each-once.ts'
import { missingIn, type Reducer } from './reducer.ts'

/** What came from one shard and was not merged yet. */
interface Source {
  entries: readonly ScanEntry[]
  at: number
  /** Of the entry at `at`. */
  key: Uint8Array
  /** The shard has more after `entries`. */
  more: boolean
  /** It was asked and has not answered. */
  asked: boolean
  /** Where to go on: the last key that came from it. */
  after: Uint8Array | undefined
}

const noKey = new Uint8Array(0)

/** Added to each shard's share of a page's bytes, so that one with a little more need not be asked twice. */
const slackBytes = 64 * 1024

/**
 * Merges the shards' pages into one page in key order. Each shard is asked for its share of the page and a little, and
 * again when it runs dry; nothing is merged past the last key of a shard that may have more.
 */
export class Ordered implements Reducer {
  bytes = 0
  done = false
  readonly #body: ScanBody
  readonly #sources: Source[]
  /** Sources with entries, as a heap with the one whose entry is next on top. */
  readonly #heap: Source[] = []
  readonly #merged: ScanEntry[] = []
  readonly #sign: 1 | -1
  #mergedBytes = 0
  /** Sources that may have more and have nothing here: merging has to wait for them. */
  #dry: number

  /** `body` is kept: the bounds of its range must not be views into a read buffer. */
  constructor(shards: number, body: ScanBody) {
    this.#body = body
    this.#sign = body.order === 'asc' ? 1 : -1
    this.#dry = shards
    this.#sources = Array.from({ length: shards }, () => ({
      entries: [],
      at: 0,
      key: noKey,
      more: true,
      asked: false,
      after: undefined,
    }))
  }

  next(): number | undefined {
    const step = this.#sources.findIndex(({ entries, at, more, asked }) => more && !asked && at === entries.length)
    if (step < 0) return undefined
    this.#sources[step]!.asked = true
    return step
  }

  bodyFor(step: number): Body {
    const { range, order, limit, maxBytes, values } = this.#body
    const live = this.#sources.filter(({ more }) => more).length
    const left = limit - this.#merged.length
    const share = left / live
    const bytesLeft = Math.max(1, maxBytes - this.#mergedBytes)
    return {
      kind: 'scan',
      range: this.#rangeAfter(range, this.#sources[step]!.after),
      order,
      // One standard deviation more than the mean of what a hash gives each shard.
      limit: live === 1 ? left : Math.min(left, Math.ceil(share + Math.sqrt(share))),
      maxBytes: live === 1 ? bytesLeft : Math.min(bytesLeft, Math.ceil(bytesLeft / live) + slackBytes),
      values,
    }
  }

  take(step: number, reply: Reply): GatewayError | undefined {
    if (reply.kind !== 'page' || (reply.more && reply.entries.length === 0)) return unexpected(reply)
    const source = this.#sources[step]!
    const { entries } = reply
    source.asked = false
    source.entries = entries
    source.at = 0
    source.key = entries[0]?.key ?? noKey
    source.more = reply.more
    source.after = entries[entries.length - 1]?.key ?? source.after
    this.#dry--
    for (const entry of entries) this.bytes += bytesOf(entry)
    if (entries.length > 0) this.#enter(source)
    this.#merge()
    return undefined
  }

  absorb(_step: number, _error: GatewayError): boolean {
    return false
  }

  /** It holds nothing up any more; what came from it earlier stays. */
  leaveOut(step: number): void {
    const source = this.#sources[step]!
    source.more = false
    source.asked = false
    this.#dry--
    this.#merge()
  }

  finish(positions: readonly Position[], missing: readonly MissingShard[]): PageReply {
    const more = this.#sources.some((source) => source.more || source.at < source.entries.length)
    return { kind: 'page', entries: this.#merged, more, positions, ...missingIn(missing) }
  }

  #merge(): void {
    while (this.#dry === 0 && !this.done) {
      const source = this.#heap[0]
      if (source === undefined) {
        this.done = true
        return
      }
      const entry = source.entries[source.at]!
      const size = bytesOf(entry)
      if (this.#merged.length > 0 && this.#mergedBytes + size > this.#body.maxBytes) {
        this.done = true
        return
      }
      this.#merged.push(entry)
      this.#mergedBytes += size
      this.#advanceTop(source)
      this.done = this.#merged.length === this.#body.limit || this.#mergedBytes >= this.#body.maxBytes
    }
  }

  #advanceTop(source: Source): void {
    if (++source.at < source.entries.length) source.key = source.entries[source.at]!.key
    else {
      if (source.more) this.#dry++
      const last = this.#heap.pop()!
      if (last === source) return
      this.#heap[0] = last
    }
    this.#sink()
  }

  #enter(source: Source): void {
    const heap = this.#heap
    let at = heap.push(source) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#compare(heap[parent]!, source) <= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = source
  }

  #sink(): void {
    const heap = this.#heap
    const source = heap[0]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#compare(heap[child + 1]!, heap[child]!) < 0) child++
      if (this.#compare(heap[child]!, source) >= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = source
  }

  #compare(a: Source, b: Source): number {
    return this.#sign * compareKeys(a.key, b.key)
  }

  #rangeAfter(range: KeyRange, after: Uint8Array | undefined): KeyRange {
    if (after === undefined) return range
    const bound = { key: after, inclusive: false }
    return this.#sign > 0 ? { ...range, lower: bound } : { ...range, upper: bound }
  }
}

function bytesOf({ key, record }: ScanEntry): number {
  return key.length + record.valueEnd - record.valueStart
}
