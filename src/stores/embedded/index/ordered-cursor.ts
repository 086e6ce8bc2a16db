import type { Leaf } from './ordered-node.ts'
import { locateLower, locateUpper, type OrderedRange } from './ordered-range.ts'
import type { OrderedKeys } from './ordered-search.ts'
import type { OrderedTree } from './ordered-tree.ts'

/**
 * A position in an ordered index that outlives changes: after one, it looks up the last key it gave and goes on from
 * there. It sees keys added ahead of it and not those added behind.
 */
export class OrderedCursor {
  private readonly keys: OrderedKeys
  private readonly tree: OrderedTree
  private readonly range: OrderedRange
  private version = -1
  private leaf: Leaf | undefined
  private at = 0
  private last: Uint8Array | undefined
  private ended = false

  constructor(keys: OrderedKeys, tree: OrderedTree, range: OrderedRange) {
    this.keys = keys
    this.tree = tree
    this.range = range
  }

  /** The next ref of the range in its direction, -1 at the end; after -1 only -1. */
  next(): number {
    if (this.ended) return -1
    if (this.version !== this.tree.version) this.relocate()
    else if (!this.range.reverse) this.at += 1
    const ref = this.range.reverse ? this.back() : this.on()
    this.ended = ref < 0
    if (ref >= 0) this.last = this.keys.keyOf(ref)
    return ref
  }

  private on(): number {
    const { upper, upperInclusive, space } = this.range
    while (this.leaf !== undefined && this.at >= this.leaf.count) {
      this.leaf = this.leaf.next
      this.at = 0
    }
    if (this.leaf === undefined) return -1
    const ref = this.leaf.refs[this.at]!
    if (upper === undefined) return ref
    const order = this.keys.compare(ref, space, upper)
    return order < 0 || (order === 0 && upperInclusive) ? ref : -1
  }

  private back(): number {
    const { lower, lowerInclusive, space } = this.range
    while (this.leaf !== undefined && this.at === 0) {
      this.leaf = this.leaf.previous
      this.at = this.leaf?.count ?? 0
    }
    if (this.leaf === undefined) return -1
    const ref = this.leaf.refs[--this.at]!
    if (lower === undefined) return ref
    const order = this.keys.compare(ref, space, lower)
    return order > 0 || (order === 0 && lowerInclusive) ? ref : -1
  }

  private relocate(): void {
    const { tree, range, last } = this
    if (last !== undefined) tree.locate(last, !range.reverse)
    else if (range.reverse) locateUpper(tree, range)
    else locateLower(tree, range)
    this.leaf = tree.leaf
    this.at = tree.at
    this.version = tree.version
  }
}
