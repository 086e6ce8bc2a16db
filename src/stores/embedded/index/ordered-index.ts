import { headOfKey } from './key-head.ts'
import { OrderedCursor } from './ordered-cursor.ts'
import { locateLower, locateUpper, type OrderedRange, scanBack, scanOn } from './ordered-range.ts'
import type { OrderedKeys } from './ordered-search.ts'
import { OrderedTree } from './ordered-tree.ts'

/**
 * For each of the spaces 0 and 1 an ordered set of caller-owned refs (0 .. 2^31 - 1), sorted by their keys as unsigned
 * bytes. The keys stay with the caller; a ref has to be removed or replaced here before the caller forgets its key.
 */
export abstract class OrderedIndex implements OrderedKeys {
  private readonly trees = [new OrderedTree(this, 0), new OrderedTree(this, 1)] as const

  abstract compare(ref: number, space: number, key: Uint8Array): number

  abstract keyOf(ref: number): Uint8Array

  headOf(ref: number, skip: number): number {
    return headOfKey(this.keyOf(ref), skip)
  }

  get size(): number {
    return this.trees[0].size + this.trees[1].size
  }

  /** Adds `ref`, the ref of this key. If the key is there already, replaces its ref; answers the old one, else -1. */
  insert(space: number, key: Uint8Array, ref: number): number {
    return this.tree(space).insert(key, ref)
  }

  /** Removes a key; answers its ref, -1 if it was absent. */
  remove(space: number, key: Uint8Array): number {
    return this.tree(space).remove(key)
  }

  /** Steps through a range; stays correct when the index changes between steps. */
  cursor(range: OrderedRange): OrderedCursor {
    return new OrderedCursor(this, this.tree(range.space), range)
  }

  /** Visits the refs of a range in order until `visit` answers false. The index must not change meanwhile. */
  scan(range: OrderedRange, visit: (ref: number) => boolean): void {
    const { lower, upper, reverse } = range
    if (lower !== undefined && upper !== undefined && Buffer.compare(lower, upper) > 0) return
    const tree = this.tree(range.space)
    locateUpper(tree, range)
    const endLeaf = tree.leaf
    const endAt = tree.at
    locateLower(tree, range)
    if (reverse) scanBack(tree.leaf, tree.at, endLeaf, endAt, visit)
    else scanOn(tree.leaf, tree.at, endLeaf, endAt, visit)
  }

  private tree(space: number): OrderedTree {
    return space === 0 ? this.trees[0] : this.trees[1]
  }
}
