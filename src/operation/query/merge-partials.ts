import type { GatewayError } from '../../errors.ts'
import { mostGroups, refusedFor, rowsNeeded, tooLarge } from './budget.ts'
import { GroupTable } from './group-table.ts'
import { TooDeep } from './json-value.ts'
import type { PartialRow, Query, QueryPartial } from './query.ts'
import { bytesOfRow, compareRows } from './top-rows.ts'

/** Folds the shards' partials into one, in whatever order they come. Partials given to it are used up. */
export class PartialMerger {
  readonly #query: Query
  readonly #budgetBytes: number
  readonly #table: GroupTable | undefined
  #rows: readonly PartialRow[] = []
  #rowsBytes = 0

  constructor(query: Query, budgetBytes: number) {
    this.#query = query
    this.#budgetBytes = budgetBytes
    this.#table = query.shape.kind === 'groups' ? new GroupTable(query.shape) : undefined
  }

  /** Answers `result-too-large` past the budget. */
  add(partial: QueryPartial): GatewayError | undefined {
    if (partial.kind === 'rows') {
      this.#rows = mergeRows(this.#rows, partial.rows, rowsNeeded(this.#query))
      this.#rowsBytes = 0
      for (const row of this.#rows) this.#rowsBytes += bytesOfRow(row)
      return this.#rowsBytes > this.#budgetBytes ? tooLarge(this.#query, this.#budgetBytes) : undefined
    }
    const table = this.#table!
    try {
      table.join(partial)
    } catch (error) {
      if (error instanceof TooDeep || error instanceof RangeError) return refusedFor('deep')
      throw error
    }
    const fits = table.bytes <= this.#budgetBytes && table.groups.length <= mostGroups(this.#query)
    return fits ? undefined : tooLarge(this.#query, this.#budgetBytes)
  }

  get bytes(): number {
    return this.#table?.bytes ?? this.#rowsBytes
  }

  partial(): QueryPartial {
    const table = this.#table
    return table === undefined
      ? { kind: 'rows', rows: this.#rows, bytes: this.#rowsBytes }
      : { kind: 'groups', groups: table.groups, bytes: table.bytes }
  }
}

/** The first `most` of two ordered lists. */
function mergeRows(a: readonly PartialRow[], b: readonly PartialRow[], most: number): readonly PartialRow[] {
  if (a.length === 0) return b
  const merged: PartialRow[] = []
  let i = 0
  let j = 0
  while (merged.length < most && (i < a.length || j < b.length)) {
    if (j === b.length || (i < a.length && compareRows(a[i]!, b[j]!) <= 0)) merged.push(a[i++]!)
    else merged.push(b[j++]!)
  }
  return merged
}
