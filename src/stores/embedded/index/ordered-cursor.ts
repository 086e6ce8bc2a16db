import type { OrderedIndex, OrderedRange } from './ordered-index.ts'
import type { Leaf } from './ordered-node.ts'

/**
 * A position in an `OrderedIndex` that outlives changes: after one, it looks up the last key it gave and goes on from
 * there. It sees keys added ahead of it and not those added behind.
 */
export class OrderedCursor {
  private readonly index: OrderedIndex
  private readonly range: OrderedRange
  private version = -1
  private leaf: Leaf | undefined
  private at = 0
  private last: Uint8Array | undefined
  private ended = false

  constructor(index: OrderedIndex, range: OrderedRange) {
    this.index = index
    this.range = range
  }

  /** The next ref of the range in its direction, -1 at the end; after -1 only -1. */
  next(): number {
    if (this.ended) return -1
    if (this.version !== this.index.version) this.relocate()
    else if (!this.range.reverse) this.at += 1
    const ref = this.range.reverse ? this.back() : this.on()
    this.ended = ref < 0
    if (ref >= 0) this.last = this.index.keyOf(ref)
    return ref
  }

  private on(): number {
    const { range, index } = this
    while (this.leaf !== undefined && this.at >= this.leaf.count) {
      this.leaf = this.leaf.next
      this.at = 0
    }
    if (this.leaf === undefined) return -1
    const ref = this.leaf.refs[this.at]!
    const order =
      range.upper === undefined
        ? index.compare(ref, range.space + 1, noKey)
        : index.compare(ref, range.space, range.upper) - (range.upperInclusive ? 1 : 0)
    return order < 0 ? ref : -1
  }

  private back(): number {
    const { range, index } = this
    while (this.leaf !== undefined && this.at === 0) {
      this.leaf = this.leaf.previous
      this.at = this.leaf?.count ?? 0
    }
    if (this.leaf === undefined) return -1
    const ref = this.leaf.refs[--this.at]!
    const order =
      range.lower === undefined
        ? index.compare(ref, range.space, noKey)
        : index.compare(ref, range.space, range.lower) + (range.lowerInclusive ? 1 : 0)
    return order > 0 ? ref : -1
  }

  private relocate(): void {
    const { index, range, last } = this
    if (last !== undefined) index.locate(range.space, last, !range.reverse)
    else if (range.reverse) index.locateUpper(range)
    else index.locateLower(range)
    this.leaf = index.leaf
    this.at = index.at
    this.version = index.version
  }
}

const noKey = new Uint8Array(0)
