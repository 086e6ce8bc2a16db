export const leafCapacity = 128
export const innerCapacity = 64

export interface Leaf {
  readonly isLeaf: true
  count: number
  readonly refs: Int32Array
  next: Leaf | undefined
  previous: Leaf | undefined
}

/** `refs[i]` is the smallest ref under `children[i]`, so that separators need no storage of their own. */
export interface Inner {
  readonly isLeaf: false
  count: number
  readonly refs: Int32Array
  readonly children: Node[]
}

export type Node = Leaf | Inner

export function newLeaf(): Leaf {
  return { isLeaf: true, count: 0, refs: new Int32Array(leafCapacity), next: undefined, previous: undefined }
}

export function newInner(): Inner {
  return { isLeaf: false, count: 0, refs: new Int32Array(innerCapacity), children: [] }
}

export function insertRef(node: Node, at: number, ref: number): void {
  const { refs } = node
  for (let i = node.count; i > at; i--) refs[i] = refs[i - 1]!
  refs[at] = ref
  node.count += 1
}

export function removeRef(node: Node, at: number): void {
  const { refs } = node
  node.count -= 1
  for (let i = at; i < node.count; i++) refs[i] = refs[i + 1]!
}

export function insertChild(inner: Inner, at: number, child: Node): void {
  inner.children.splice(at, 0, child)
  insertRef(inner, at, child.refs[0]!)
}

export function removeChild(inner: Inner, at: number): void {
  inner.children.splice(at, 1)
  removeRef(inner, at)
}

/** Moves everything from position `from` of `left` to the end of `right`, which follows it. */
function moveTail(left: Node, from: number, right: Node): void {
  right.refs.set(left.refs.subarray(from, left.count), right.count)
  right.count += left.count - from
  left.count = from
  if (!left.isLeaf && !right.isLeaf) right.children.push(...left.children.splice(from))
}

/** Cuts a node at `from`; answers the new right part, which the caller adds to the parent. */
export function splitNode(node: Node, from: number): Node {
  const right = node.isLeaf ? newLeaf() : newInner()
  moveTail(node, from, right)
  if (node.isLeaf && right.isLeaf) {
    right.next = node.next
    right.previous = node
    if (node.next !== undefined) node.next.previous = right
    node.next = right
  }
  return right
}

/** Appends all of `right` to its left neighbour. The caller removes `right` from the parent. */
export function mergeNodes(left: Node, right: Node): void {
  moveTail(right, 0, left)
  if (right.isLeaf) unlinkLeaf(right)
}

export function unlinkLeaf(leaf: Leaf): void {
  if (leaf.previous !== undefined) leaf.previous.next = leaf.next
  if (leaf.next !== undefined) leaf.next.previous = leaf.previous
}
