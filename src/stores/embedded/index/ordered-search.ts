import { headOfKey, sharedBytes } from './key-head.ts'
import type { Inner, Leaf, Node } from './ordered-node.ts'

/** Where a tree finds the keys of its refs. */
export interface OrderedKeys {
  /**
   * A whole number: negative, 0 or positive as the key of `ref` sorts before, is, or sorts after `key`, which may be
   * empty.
   */
  compare(ref: number, space: number, key: Uint8Array): number
  /** The key of a ref. Cursors go on from it, so the bytes have to stay valid when the ref is removed. */
  keyOf(ref: number): Uint8Array
  /** `headOfKey` of the key of a ref. */
  headOf(ref: number, skip: number): number
}

/**
 * Searches for one key after another through the nodes of a tree. It looks at the heads kept in the nodes and fetches
 * keys only where heads are equal, or where it is not known yet whether the key begins as those of the node do.
 */
export class OrderedSearch {
  private readonly keys: OrderedKeys
  private readonly space: number
  /** The key is known to share this many bytes with the first entry of the next node. */
  private shared = 0
  /** And it is known to be greater there, at the very next byte. */
  private greater = false
  /** Whether the key shares the first `skip` bytes of the node searched last; if so, its head there. */
  fits = true
  head = 0
  /** The way from the root to the last leaf, root first; `slots[i]` is the child taken in `nodes[i]`. */
  readonly nodes: Inner[] = []
  readonly slots: number[] = []

  constructor(keys: OrderedKeys, space: number) {
    this.keys = keys
    this.space = space
  }

  /** If the key did not fit the leaf it was last searched in, how many bytes it shares with the entries there. */
  get fittingBytes(): number {
    return this.shared
  }

  /** Goes to the leaf where a key is or belongs, and remembers the way. */
  descend(root: Node, key: Uint8Array): Leaf {
    this.shared = 0
    this.greater = false
    let depth = 0
    let node = root
    while (!node.isLeaf) {
      const before = this.rank(node, key, true)
      const slot = before === 0 ? 0 : before - 1
      if (before === 0) {
        this.shared = 0
        this.greater = false
      } else if (this.fits) {
        const difference = node.heads[slot]! ^ this.head
        this.shared = node.skip + (Math.clz32(difference) >>> 3)
        this.greater = difference !== 0
      }
      this.nodes[depth] = node
      this.slots[depth] = slot
      depth += 1
      node = node.children[slot]!
    }
    if (this.nodes.length !== depth) {
      this.nodes.length = depth
      this.slots.length = depth
    }
    return node
  }

  /** How many entries of a node sort before the key; with `past`, before or at it. */
  rank(node: Node, key: Uint8Array, past: boolean): number {
    const { count, heads } = node
    this.fits = count === 0 || this.shared >= node.skip || this.learn(node, key)
    if (!this.fits) return this.greater ? count : 0
    const head = headOfKey(key, node.skip)
    this.head = head
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (heads[middle]! < head) low = middle + 1
      else high = middle
    }
    return low < count && heads[low] === head ? this.rankTies(node, key, past, low) : low
  }

  /** The rank among the entries from `first` on that have the same head as the key. */
  private rankTies(node: Node, key: Uint8Array, past: boolean, first: number): number {
    const { refs, heads } = node
    let end = first
    let high = node.count
    while (end < high) {
      const middle = (end + high) >>> 1
      if (heads[middle]! <= this.head) end = middle + 1
      else high = middle
    }
    const least = past ? 1 : 0
    let low = first
    while (low < end) {
      const middle = (low + end) >>> 1
      if (this.keys.compare(refs[middle]!, this.space, key) >= least) end = middle
      else low = middle + 1
    }
    return low
  }

  /** Finds out how many bytes the key shares with a node's entries; answers whether it fits. */
  private learn(node: Node, key: Uint8Array): boolean {
    if (this.greater) return false
    const first = node.refs[0]!
    this.shared = sharedBytes(this.keys.keyOf(first), key)
    if (this.shared >= node.skip) return true
    this.greater = this.keys.compare(first, this.space, key) < 0
    return false
  }
}
