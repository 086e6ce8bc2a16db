import type { PartialRow } from './query.ts'
import type { SortKeyWriter } from './sort-key.ts'

/** Rough cost of a kept row before its bytes. */
const rowBytes = 300

export function compareRows(a: PartialRow, b: PartialRow): number {
  return Buffer.compare(a.sort, b.sort) || Buffer.compare(a.key, b.key)
}

export function bytesOfRow(row: PartialRow): number {
  return rowBytes + row.key.length + row.sort.length + 2 * row.json.length
}

/** The first `most` rows in the order of (sort key, key): a binary heap with the last of them on top. */
export class TopRows {
  /** Estimate of the memory held. */
  bytes = 0
  readonly #most: number
  readonly #inOrder: boolean
  readonly #heap: PartialRow[] = []

  /** `inOrder`: rows come in their order, so that those that come first are the first, and nothing needs sorting. */
  constructor(most: number, inOrder: boolean) {
    this.#most = most
    this.#inOrder = inOrder
  }

  get full(): boolean {
    return this.#heap.length >= this.#most
  }

  /** Whether a record with the sort key just written would be kept; asked before the row is made. */
  wants(sort: SortKeyWriter, key: Uint8Array): boolean {
    if (!this.full) return true
    if (this.#inOrder) return false
    const last = this.#heap[0]!
    return (sort.compare(last.sort) || Buffer.compare(key, last.key)) < 0
  }

  add(row: PartialRow): void {
    this.bytes += bytesOfRow(row)
    if (!this.full) {
      this.#heap.push(row)
      if (!this.#inOrder) this.#rise(this.#heap.length - 1)
    } else {
      this.bytes -= bytesOfRow(this.#heap[0]!)
      this.#heap[0] = row
      this.#sink(0)
    }
  }

  sorted(): PartialRow[] {
    return this.#inOrder ? this.#heap : this.#heap.sort(compareRows)
  }

  #rise(start: number): void {
    const heap = this.#heap
    const row = heap[start]!
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (compareRows(heap[parent]!, row) >= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = row
  }

  #sink(start: number): void {
    const heap = this.#heap
    const row = heap[start]!
    let at = start
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && compareRows(heap[child + 1]!, heap[child]!) > 0) child++
      if (compareRows(heap[child]!, row) <= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = row
  }
}
