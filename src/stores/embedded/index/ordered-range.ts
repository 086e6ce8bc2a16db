import type { Leaf } from './ordered-node.ts'
import type { OrderedTree } from './ordered-tree.ts'

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

/** Moves to the first entry of the range. */
export function locateLower(tree: OrderedTree, range: OrderedRange): void {
  tree.locate(range.lower ?? noKey, range.lower !== undefined && !range.lowerInclusive)
}

/** Moves to the first entry behind the range. */
export function locateUpper(tree: OrderedTree, range: OrderedRange): void {
  if (range.upper === undefined) tree.locateEnd()
  else tree.locate(range.upper, range.upperInclusive)
}

/** Visits the entries from the first position to before the end, which does not precede it, in order. */
export function scanOn(
  firstLeaf: Leaf,
  firstAt: number,
  endLeaf: Leaf,
  endAt: number,
  visit: (ref: number) => boolean,
): void {
  let at = firstAt
  for (let leaf: Leaf | undefined = firstLeaf; leaf !== undefined; leaf = leaf.next, at = 0) {
    const end = leaf === endLeaf ? endAt : leaf.count
    for (; at < end; at++) if (!visit(leaf.refs[at]!)) return
    if (leaf === endLeaf) return
  }
}

/** The same in reverse order. */
export function scanBack(
  firstLeaf: Leaf,
  firstAt: number,
  endLeaf: Leaf,
  endAt: number,
  visit: (ref: number) => boolean,
): void {
  let at = endAt
  for (let leaf: Leaf | undefined = endLeaf; leaf !== undefined; leaf = leaf.previous, at = leaf?.count ?? 0) {
    const first = leaf === firstLeaf ? firstAt : 0
    while (at > first) if (!visit(leaf.refs[--at]!)) return
    if (leaf === firstLeaf) return
  }
}
