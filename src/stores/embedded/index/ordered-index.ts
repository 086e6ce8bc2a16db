import { OrderedCursor } from './ordered-cursor.ts'
import {
  type Inner,
  insertChild,
  insertRef,
  type Leaf,
  leafCapacity,
  mergeNodes,
  type Node,
  newInner,
  newLeaf,
  removeChild,
  removeRef,
  splitNode,
  unlinkLeaf,
} from './ordered-node.ts'

/** Which keys of one space, and in which direction. `undefined` bounds are open. */
export interface OrderedRange {
  readonly space: number
  readonly lower: Uint8Array | undefined
  readonly lowerInclusive: boolean
  readonly upper: Uint8Array | undefined
  readonly upperInclusive: boolean
  readonly reverse: boolean
}

const noKey = new Uint8Array(0)

/**
 * An ordered set of caller-owned refs (0 .. 2^31 - 1), sorted by (space, key as unsigned bytes): a B+tree whose
 * separators are the smallest refs of the subtrees, so that it holds no key. A ref has to be removed or replaced here
 * before the caller forgets its key.
 */
export abstract class OrderedIndex {
  private root: Node = newLeaf()
  private entries = 0
  /** Changes whenever positions may have moved. */
  version = 0
  /** Where `locate` ended: the entry `leaf.refs[at]`, or the end of the leaf. */
  leaf: Leaf = this.root as Leaf
  at = 0
  /** The way from the root to the last visited leaf, root first. */
  private readonly pathNodes: Inner[] = []
  private readonly pathSlots: number[] = []

  /**
   * A whole number: negative, 0 or positive as the key of `ref` sorts before, is, or sorts after (space, key). `key` may
   * be empty, which sorts before all keys of its space.
   */
  abstract compare(ref: number, space: number, key: Uint8Array): number

  /** The key of a ref; the bytes have to stay valid when the ref is removed, for cursors go on from there. */
  abstract keyOf(ref: number): Uint8Array

  get size(): number {
    return this.entries
  }

  /** Adds `ref`, the ref of this key. If the key is there already, replaces its ref; answers the old one, else -1. */
  insert(space: number, key: Uint8Array, ref: number): number {
    const leaf = this.descend(space, key)
    const at = this.search(leaf, space, key, 0)
    if (at < leaf.count && this.compare(leaf.refs[at]!, space, key) === 0) {
      const old = leaf.refs[at]!
      leaf.refs[at] = ref
      if (at === 0) this.smallestChanged(leaf, this.pathNodes.length - 1)
      return old
    }
    this.version += 1
    this.entries += 1
    if (leaf.count < leafCapacity) {
      insertRef(leaf, at, ref)
      if (at === 0) this.smallestChanged(leaf, this.pathNodes.length - 1)
      return -1
    }
    const appending = at === leaf.count && leaf.next === undefined
    const cut = appending ? at : leafCapacity / 2
    const right = splitNode(leaf, cut)
    if (at < cut || (at === cut && !appending)) insertRef(leaf, at, ref)
    else insertRef(right, at - cut, ref)
    if (at === 0) this.smallestChanged(leaf, this.pathNodes.length - 1)
    this.addChild(leaf, right, this.pathNodes.length - 1)
    return -1
  }

  /** Removes a key; answers its ref, -1 if it was absent. */
  remove(space: number, key: Uint8Array): number {
    const leaf = this.descend(space, key)
    const at = this.search(leaf, space, key, 0)
    if (at === leaf.count || this.compare(leaf.refs[at]!, space, key) !== 0) return -1
    const ref = leaf.refs[at]!
    this.version += 1
    this.entries -= 1
    removeRef(leaf, at)
    const parent = this.pathNodes.length - 1
    if (at === 0 && leaf.count > 0) this.smallestChanged(leaf, parent)
    if (leaf.count < leafCapacity / 4) this.shrink(leaf, leafCapacity, parent)
    return ref
  }

  clear(): void {
    this.root = newLeaf()
    this.leaf = this.root
    this.at = 0
    this.entries = 0
    this.version += 1
  }

  /** Steps through a range; stays correct when the index changes between steps. */
  cursor(range: OrderedRange): OrderedCursor {
    return new OrderedCursor(this, range)
  }

  /** Visits the refs of a range in order until `visit` answers false. The index must not change meanwhile. */
  scan(range: OrderedRange, visit: (ref: number) => boolean): void {
    if (range.lower !== undefined && range.upper !== undefined && Buffer.compare(range.lower, range.upper) > 0) return
    this.locateUpper(range)
    const endLeaf = this.leaf
    const endAt = this.at
    this.locateLower(range)
    if (range.reverse) this.scanBack(endLeaf, endAt, visit)
    else this.scanOn(endLeaf, endAt, visit)
  }

  /** Moves to the first entry at or after (space, key); with `past`, to the first one after it. */
  locate(space: number, key: Uint8Array, past: boolean): void {
    const leaf = this.descend(space, key)
    this.at = this.search(leaf, space, key, past ? 1 : 0)
    this.leaf = leaf
  }

  /** Moves to the first entry of the range. */
  locateLower(range: OrderedRange): void {
    if (range.lower === undefined) this.locate(range.space, noKey, false)
    else this.locate(range.space, range.lower, !range.lowerInclusive)
  }

  /** Moves to the first entry behind the range. */
  locateUpper(range: OrderedRange): void {
    if (range.upper === undefined) this.locate(range.space + 1, noKey, false)
    else this.locate(range.space, range.upper, range.upperInclusive)
  }

  private scanOn(endLeaf: Leaf, endAt: number, visit: (ref: number) => boolean): void {
    let at = this.at
    for (let leaf: Leaf | undefined = this.leaf; leaf !== undefined; leaf = leaf.next, at = 0) {
      const end = leaf === endLeaf ? endAt : leaf.count
      for (; at < end; at++) if (!visit(leaf.refs[at]!)) return
      if (leaf === endLeaf) return
    }
  }

  private scanBack(endLeaf: Leaf, endAt: number, visit: (ref: number) => boolean): void {
    const firstLeaf = this.leaf
    const firstAt = this.at
    let at = endAt
    for (let leaf: Leaf | undefined = endLeaf; leaf !== undefined; leaf = leaf.previous, at = leaf?.count ?? 0) {
      const first = leaf === firstLeaf ? firstAt : 0
      while (at > first) if (!visit(leaf.refs[--at]!)) return
      if (leaf === firstLeaf) return
    }
  }

  /** First position of a leaf whose entry compares >= `least` with the key. */
  private search(leaf: Leaf, space: number, key: Uint8Array, least: 0 | 1): number {
    const { refs } = leaf
    let low = 0
    let high = leaf.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.compare(refs[middle]!, space, key) >= least) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Goes to the leaf where a key is or belongs, and remembers the way. */
  private descend(space: number, key: Uint8Array): Leaf {
    let depth = 0
    let node = this.root
    while (!node.isLeaf) {
      const { refs } = node
      let low = 1
      let high = node.count
      while (low < high) {
        const middle = (low + high) >>> 1
        if (this.compare(refs[middle]!, space, key) > 0) high = middle
        else low = middle + 1
      }
      this.pathNodes[depth] = node
      this.pathSlots[depth] = low - 1
      depth += 1
      node = node.children[low - 1]!
    }
    this.pathNodes.length = depth
    this.pathSlots.length = depth
    return node
  }

  /** Tells the ancestors, from path position `depth` up, that the first ref of their child changed. */
  private smallestChanged(node: Node, depth: number): void {
    for (let up = depth; up >= 0; up--) {
      const slot = this.pathSlots[up]!
      this.pathNodes[up]!.refs[slot] = node.refs[0]!
      if (slot > 0) return
    }
  }

  /** Hangs `right`, split off from `left`, into the parent at path position `depth`. */
  private addChild(left: Node, right: Node, depth: number): void {
    if (depth < 0) {
      const root = newInner()
      insertChild(root, 0, left)
      insertChild(root, 1, right)
      this.root = root
      return
    }
    const parent = this.pathNodes[depth]!
    const slot = this.pathSlots[depth]! + 1
    const capacity = parent.refs.length
    if (parent.count < capacity) {
      insertChild(parent, slot, right)
      return
    }
    const cut = slot === capacity ? capacity - 1 : capacity / 2
    const beside = splitNode(parent, cut) as Inner
    if (slot <= cut) insertChild(parent, slot, right)
    else insertChild(beside, slot - cut, right)
    this.addChild(parent, beside, depth - 1)
  }

  /** Restores a node with few entries: drops it when empty, joins it with a neighbour when both fit into one. */
  private shrink(node: Node, capacity: number, depth: number): void {
    if (depth < 0) {
      while (!this.root.isLeaf && this.root.count === 1) this.root = this.root.children[0]!
      return
    }
    const parent = this.pathNodes[depth]!
    const slot = this.pathSlots[depth]!
    if (node.count === 0) {
      if (node.isLeaf) unlinkLeaf(node)
      removeChild(parent, slot)
      if (slot === 0 && parent.count > 0) this.smallestChanged(parent, depth - 1)
    } else {
      const left = slot > 0 ? slot - 1 : slot
      const [first, second] = [parent.children[left]!, parent.children[left + 1]]
      if (second === undefined || first.count + second.count > (capacity * 3) / 4) return
      mergeNodes(first, second)
      removeChild(parent, left + 1)
    }
    const inner = parent.refs.length
    if (parent.count < inner / 4) this.shrink(parent, inner, depth - 1)
  }
}
