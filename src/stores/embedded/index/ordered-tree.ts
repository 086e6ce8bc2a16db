import { headOfKey, sharedBytes } from './key-head.ts'
import {
  type Inner,
  insertEntry,
  type Leaf,
  leafCapacity,
  mergeNodes,
  type Node,
  newInner,
  newLeaf,
  removeEntry,
  splitNode,
  unlinkLeaf,
} from './ordered-node.ts'
import { type OrderedKeys, OrderedSearch } from './ordered-search.ts'

/** New heads are worth their making once they would skip this many bytes more. */
const worthSkipping = 2

/** A B+tree of refs. It holds no keys but four bytes of each, from a place where the keys of a node differ. */
export class OrderedTree {
  private readonly keys: OrderedKeys
  private readonly space: number
  private readonly search: OrderedSearch
  private root: Node = newLeaf()
  size = 0
  /** Changes whenever positions may have moved. */
  version = 0
  /** Where `locate` and `locateEnd` found their entry: `leaf.refs[at]`, or the end of the leaf. */
  leaf: Leaf = this.root as Leaf
  at = 0

  constructor(keys: OrderedKeys, space: number) {
    this.keys = keys
    this.space = space
    this.search = new OrderedSearch(keys, space)
  }

  /** Adds `ref`, the ref of this key. If the key is there already, replaces its ref; answers the old one, else -1. */
  insert(key: Uint8Array, ref: number): number {
    const leaf = this.search.descend(this.root, key)
    const at = this.search.rank(leaf, key, false)
    const parent = this.search.nodes.length - 1
    if (this.isAt(leaf, at, key)) {
      const old = leaf.refs[at]!
      leaf.refs[at] = ref
      if (at === 0) this.smallestChanged(leaf, parent)
      return old
    }
    this.version += 1
    this.size += 1
    if (leaf.count === leafCapacity) {
      this.insertSplitting(leaf, at, key, ref)
      return -1
    }
    if (leaf.count === 0) leaf.skip = 0
    else if (!this.search.fits) this.makeHeads(leaf, this.search.fittingBytes)
    insertEntry(leaf, at, ref, headOfKey(key, leaf.skip))
    if (at === 0) this.smallestChanged(leaf, parent)
    return -1
  }

  /** Removes a key; answers its ref, -1 if it was absent. */
  remove(key: Uint8Array): number {
    const leaf = this.search.descend(this.root, key)
    const at = this.search.rank(leaf, key, false)
    if (!this.isAt(leaf, at, key)) return -1
    const ref = leaf.refs[at]!
    this.version += 1
    this.size -= 1
    removeEntry(leaf, at)
    const parent = this.search.nodes.length - 1
    if (at === 0 && leaf.count > 0) this.smallestChanged(leaf, parent)
    if (leaf.count < leafCapacity / 4) this.shrink(leaf, parent)
    return ref
  }

  /** Moves to the first entry at or after the key; with `past`, to the first one after it. */
  locate(key: Uint8Array, past: boolean): void {
    this.leaf = this.search.descend(this.root, key)
    this.at = this.search.rank(this.leaf, key, past)
  }

  /** Moves behind the last entry. */
  locateEnd(): void {
    let node = this.root
    while (!node.isLeaf) node = node.children[node.count - 1]!
    this.leaf = node
    this.at = node.count
  }

  private isAt(leaf: Leaf, at: number, key: Uint8Array): boolean {
    const { fits, head } = this.search
    return (
      fits && at < leaf.count && leaf.heads[at] === head && this.keys.compare(leaf.refs[at]!, this.space, key) === 0
    )
  }

  /** Adds an entry to a full leaf. One that is appended behind all others leaves the full leaf full. */
  private insertSplitting(leaf: Leaf, at: number, key: Uint8Array, ref: number): void {
    const appending = at === leaf.count && leaf.next === undefined
    const cut = appending ? at : leafCapacity / 2
    const right = splitNode(leaf, cut)
    this.refreshHeads(leaf)
    this.refreshHeads(right)
    const home = at < cut || (at === cut && !appending) ? leaf : right
    if (home.count > 0) this.admit(home, key)
    insertEntry(home, home === leaf ? at : at - cut, ref, headOfKey(key, home.skip))
    const parent = this.search.nodes.length - 1
    if (at === 0) this.smallestChanged(leaf, parent)
    this.addChild(leaf, right, parent)
  }

  /** Hangs `right`, split off from `left`, into the parent at position `depth` of the way. */
  private addChild(left: Node, right: Node, depth: number): void {
    if (depth < 0) {
      const root = newInner()
      root.skip = this.sharedByRefs(left.refs[0]!, right.refs[0]!)
      this.insertChild(root, 0, left)
      this.insertChild(root, 1, right)
      this.root = root
      return
    }
    const parent = this.search.nodes[depth]!
    const slot = this.search.slots[depth]! + 1
    const capacity = parent.refs.length
    if (parent.count < capacity) {
      this.insertChild(parent, slot, right)
      return
    }
    const cut = slot === capacity ? capacity - 1 : capacity / 2
    const beside = splitNode(parent, cut) as Inner
    this.refreshHeads(parent)
    this.refreshHeads(beside)
    if (slot <= cut) this.insertChild(parent, slot, right)
    else this.insertChild(beside, slot - cut, right)
    this.addChild(parent, beside, depth - 1)
  }

  private insertChild(inner: Inner, at: number, child: Node): void {
    const ref = child.refs[0]!
    if (inner.count > 0) this.admit(inner, this.keys.keyOf(ref))
    inner.children.splice(at, 0, child)
    insertEntry(inner, at, ref, this.keys.headOf(ref, inner.skip))
  }

  /** Tells the ancestors, from position `depth` of the way upwards, that the first entry of their child changed. */
  private smallestChanged(node: Node, depth: number): void {
    const ref = node.refs[0]!
    for (let up = depth; up >= 0; up--) {
      const parent = this.search.nodes[up]!
      const slot = this.search.slots[up]!
      parent.refs[slot] = ref
      const shared = parent.count === 1 ? parent.skip : this.sharedByRefs(ref, parent.refs[slot === 0 ? 1 : 0]!)
      if (shared < parent.skip) this.makeHeads(parent, shared)
      else parent.heads[slot] = this.keys.headOf(ref, parent.skip)
      if (slot > 0) return
    }
  }

  /** Restores a node with few entries: drops it when empty, joins it with a neighbour when both fit into one. */
  private shrink(node: Node, depth: number): void {
    if (depth < 0) {
      while (!this.root.isLeaf && this.root.count === 1) this.root = this.root.children[0]!
      return
    }
    const parent = this.search.nodes[depth]!
    const slot = this.search.slots[depth]!
    if (node.count === 0) {
      if (node.isLeaf) unlinkLeaf(node)
      removeEntry(parent, slot)
      if (slot === 0 && parent.count > 0) this.smallestChanged(parent, depth - 1)
    } else {
      const left = slot > 0 ? slot - 1 : slot
      const [first, second] = [parent.children[left]!, parent.children[left + 1]]
      if (second === undefined || first.count + second.count > (node.refs.length * 3) / 4) return
      mergeNodes(first, second)
      this.makeHeads(first, this.sharedByRefs(first.refs[0]!, first.refs[first.count - 1]!))
      removeEntry(parent, left + 1)
    }
    if (parent.count < parent.refs.length / 4) this.shrink(parent, depth - 1)
  }

  /** Makes room for a key that does not begin as the entries of a node do. */
  private admit(node: Node, key: Uint8Array): void {
    const shared = sharedBytes(this.keys.keyOf(node.refs[0]!), key)
    if (shared < node.skip) this.makeHeads(node, shared)
  }

  /** After a split, moves the heads on to where the fewer keys that are left differ. */
  private refreshHeads(node: Node): void {
    if (node.count < 2) return
    const shared = this.sharedByRefs(node.refs[0]!, node.refs[node.count - 1]!)
    if (shared >= node.skip + worthSkipping) this.makeHeads(node, shared)
  }

  private makeHeads(node: Node, skip: number): void {
    node.skip = skip
    for (let i = 0; i < node.count; i++) node.heads[i] = this.keys.headOf(node.refs[i]!, skip)
  }

  private sharedByRefs(a: number, b: number): number {
    return sharedBytes(this.keys.keyOf(a), this.keys.keyOf(b))
  }
}
