import { assertProtocol } from './rules.ts'

/** A place in the log of a shard: entry `index`, written in `epoch`. Both 0: before the first entry. */
export interface LogPosition {
  readonly epoch: number
  readonly index: number
}

export const logStart: LogPosition = { epoch: 0, index: 0 }

/** Entries `first..last` were written in `epoch`. */
export interface EpochSpan {
  readonly epoch: number
  readonly first: number
  readonly last: number
}

/**
 * Which epoch wrote which entries of a log, from `floor` on: that entry is remembered with its epoch, those below are
 * forgotten. Two logs that hold an entry of the same epoch under the same index agree up to there, since an epoch has one
 * leader: that is how diverged logs find the place up to which they agree (as Kafka's leader epochs do, KIP-101, KIP-279).
 */
export class EpochHistory {
  /** Ascending and without gaps; the first span begins with the floor. */
  #spans: { epoch: number; first: number; last: number }[]

  constructor(floor: LogPosition = logStart) {
    this.#spans = [{ epoch: floor.epoch, first: floor.index, last: floor.index }]
  }

  /** The oldest entry that is remembered. */
  get floor(): LogPosition {
    const { epoch, first } = this.#spans[0]!
    return { epoch, index: first }
  }

  get last(): LogPosition {
    const { epoch, last } = this.#spans.at(-1)!
    return { epoch, index: last }
  }

  get lastIndex(): number {
    return this.#spans.at(-1)!.last
  }

  /** Notes that the next entries, up to `lastIndex`, are of `epoch`. */
  extend(epoch: number, lastIndex: number): void {
    const newest = this.#spans.at(-1)!
    assertProtocol(epoch >= newest.epoch, () => `an entry of epoch ${epoch} behind one of epoch ${newest.epoch}`)
    assertProtocol(lastIndex >= newest.last, () => `entry ${lastIndex} behind entry ${newest.last}`)
    if (lastIndex === newest.last) return
    if (epoch === newest.epoch) newest.last = lastIndex
    else this.#spans.push({ epoch, first: newest.last + 1, last: lastIndex })
  }

  /** Forgets all entries after `index`, which lies in what is remembered. */
  cutAfter(index: number): void {
    assertProtocol(index >= this.floor.index, () => `a cut at ${index}, below the floor ${this.floor.index}`)
    while (this.#spans.at(-1)!.first > index) this.#spans.pop()
    const newest = this.#spans.at(-1)!
    newest.last = Math.min(newest.last, index)
  }

  /** Forgets all entries before `index`, which becomes the floor if it lies in what is remembered. */
  forgetBefore(index: number): void {
    const floor = Math.min(index, this.lastIndex)
    while (this.#spans[0]!.last < floor) this.#spans.shift()
    const oldest = this.#spans[0]!
    oldest.first = Math.max(oldest.first, floor)
  }

  /** The epoch of an entry; undefined if it is forgotten or does not exist. */
  epochAt(index: number): number | undefined {
    for (let i = this.#spans.length - 1; i >= 0; i--) {
      const { epoch, first, last } = this.#spans[i]!
      if (index > last) return undefined
      if (index >= first) return epoch
    }
    return undefined
  }

  /** The newest `most` spans, oldest first. */
  spans(most = Number.POSITIVE_INFINITY): readonly EpochSpan[] {
    return this.#spans.slice(-most).map((span) => ({ ...span }))
  }

  /** The last entry that both logs hold; undefined if it is older than what one of them remembers. */
  agreement(other: readonly EpochSpan[]): LogPosition | undefined {
    let [mine, theirs] = [this.#spans.length - 1, other.length - 1]
    while (mine >= 0 && theirs >= 0) {
      const a = this.#spans[mine]!
      const b = other[theirs]!
      if (a.epoch === b.epoch) {
        const index = Math.min(a.last, b.last)
        return index >= Math.max(a.first, b.first) ? { epoch: a.epoch, index } : undefined
      }
      if (a.epoch > b.epoch) mine--
      else theirs--
    }
    return undefined
  }
}
