import { aggregateSlots } from './aggregate.ts'
import type { Json } from './json-value.ts'
import { compareValues } from './order.ts'
import {
  defaultRows,
  type GroupsPartial,
  type GroupsShape,
  mostResults,
  type Query,
  type QueryPartial,
} from './query.ts'

export interface RowsResult {
  readonly rows: readonly unknown[]
}

export interface GroupsResult {
  readonly groups: readonly GroupResult[]
}

export interface GroupResult {
  /** By the names in `groupBy`; a missing field is null. */
  readonly group: Readonly<Record<string, unknown>>
  /** By the names in `aggregate`. */
  readonly values: Readonly<Record<string, unknown>>
}

/** Turns the merged partials into the answer: order of groups, offset, limit, results of the aggregates. Once only. */
export function finishQuery(query: Query, partial: QueryPartial): RowsResult | GroupsResult {
  const { shape, offset, limit } = query
  if (partial.kind === 'rows') {
    const rows = partial.rows.slice(offset, offset + (limit ?? defaultRows))
    return { rows: rows.map(({ json }) => JSON.parse(json) as unknown) }
  }
  if (shape.kind !== 'groups') throw new Error('a query for rows got groups')
  const groups = orderedGroups(shape, partial).slice(offset, offset + (limit ?? mostResults))
  return {
    groups: groups.map(({ by, values }) => ({
      group: named(
        shape.groupBy.map(({ text }) => text),
        by,
      ),
      values: named(
        shape.aggregates.map(({ name }) => name),
        values,
      ),
    })),
  }
}

interface FinishedGroup {
  readonly by: readonly Json[]
  readonly values: readonly Json[]
}

function orderedGroups(shape: GroupsShape, { groups }: GroupsPartial): FinishedGroup[] {
  const { slots } = aggregateSlots(shape.aggregates)
  const finished = groups.map((group) => ({ by: group.by, values: slots.map((slot) => slot.result(group)) }))
  return finished.sort((a, b) => {
    for (const { by, place, descending } of shape.orderBy) {
      const order =
        by === 'group' ? compareValues(a.by[place], b.by[place]) : compareValues(a.values[place], b.values[place])
      if (order !== 0) return descending ? -order : order
    }
    for (let i = 0; i < a.by.length; i++) {
      const order = compareValues(a.by[i], b.by[i])
      if (order !== 0) return order
    }
    return 0
  })
}

/** Own members whatever they are called, `__proto__` included. */
function named(names: readonly string[], values: readonly Json[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]))
}
