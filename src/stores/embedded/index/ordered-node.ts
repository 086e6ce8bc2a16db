export const leafCapacity = 128
export const innerCapacity = 64

/** What leaves and inner nodes have in common: a sorted list of refs, and the heads of their keys to search in. */
interface Entries {
  count: number
  readonly refs: Int32Array
  /** `headOfKey` of each entry's key at `skip`. */
  readonly heads: Int32Array
  /** All entries share this many first bytes of their keys. */
  skip: number
}

export interface Leaf extends Entries {
  readonly isLeaf: true
  next: Leaf | undefined
  previous: Leaf | undefined
}

/** `refs[i]` is the smallest ref under `children[i]`, so that separators need no storage of their own. */
export interface Inner extends Entries {
  readonly isLeaf: false
  readonly children: Node[]
}

export type Node = Leaf | Inner

export function newLeaf(): Leaf {
  const refs = new Int32Array(leafCapacity)
  const heads = new Int32Array(leafCapacity)
  return { isLeaf: true, count: 0, refs, heads, skip: 0, next: undefined, previous: undefined }
}

export function newInner(): Inner {
  const refs = new Int32Array(innerCapacity)
  return { isLeaf: false, count: 0, refs, heads: new Int32Array(innerCapacity), skip: 0, children: [] }
}

export function insertEntry(node: Node, at: number, ref: number, head: number): void {
  const { refs, heads } = node
  for (let i = node.count; i > at; i--) {
    refs[i] = refs[i - 1]!
    heads[i] = heads[i - 1]!
  }
  refs[at] = ref
  heads[at] = head
  node.count += 1
}

export function removeEntry(node: Node, at: number): void {
  const { refs, heads } = node
  node.count -= 1
  for (let i = at; i < node.count; i++) {
    refs[i] = refs[i + 1]!
    heads[i] = heads[i + 1]!
  }
  if (!node.isLeaf) node.children.splice(at, 1)
}

/** Moves everything from position `from` of `left` to the end of `right`, which follows it. */
function moveTail(left: Node, from: number, right: Node): void {
  right.refs.set(left.refs.subarray(from, left.count), right.count)
  right.heads.set(left.heads.subarray(from, left.count), right.count)
  right.count += left.count - from
  left.count = from
  if (!left.isLeaf && !right.isLeaf) right.children.push(...left.children.splice(from))
}

/** Cuts a node at `from`; answers the new right part, which the caller adds to the parent. */
export function splitNode(node: Node, from: number): Node {
  const right = node.isLeaf ? newLeaf() : newInner()
  right.skip = node.skip
  moveTail(node, from, right)
  if (node.isLeaf && right.isLeaf) {
    right.next = node.next
    right.previous = node
    if (node.next !== undefined) node.next.previous = right
    node.next = right
  }
  return right
}

/** Appends all of `right` to its left neighbour. The caller removes `right` from the parent and makes new heads. */
export function mergeNodes(left: Node, right: Node): void {
  moveTail(right, 0, left)
  if (right.isLeaf) unlinkLeaf(right)
}

export function unlinkLeaf(leaf: Leaf): void {
  if (leaf.previous !== undefined) leaf.previous.next = leaf.next
  if (leaf.next !== undefined) leaf.next.previous = leaf.previous
}
