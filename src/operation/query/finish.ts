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

/** What a query answers: rows, or groups, each made JSON of when it is asked for. */
export interface QueryResult {
  readonly kind: 'rows' | 'groups'
  readonly count: number
  /** Bytes of all texts together, about. */
  readonly bytes: number
  /** The JSON text of one of them, without line ends. A row without `select` is the value as stored. */
  text(place: number): string
}

/** What a group is in JSON, about. */
const groupBytes = 100

/** Turns the merged partials into the answer: order of groups, offset, limit, results of the aggregates. Once only. */
export function finishQuery(query: Query, partial: QueryPartial): QueryResult {
  const { shape, offset, limit } = query
  if (partial.kind === 'rows') {
    const rows = partial.rows.slice(offset, offset + (limit ?? defaultRows))
    const bytes = rows.reduce((sum, { json }) => sum + json.length, 0)
    return { kind: 'rows', count: rows.length, bytes, text: (place) => onOneLine(rows[place]!.json) }
  }
  if (shape.kind !== 'groups') throw new Error('a query for rows got groups')
  const groups = orderedGroups(shape, partial).slice(offset, offset + (limit ?? mostResults))
  const names = { by: shape.groupBy.map(({ text }) => text), values: shape.aggregates.map(({ name }) => name) }
  const text = (place: number): string => {
    const { by, values } = groups[place]!
    return JSON.stringify({ group: named(names.by, by), values: named(names.values, values) })
  }
  return { kind: 'groups', count: groups.length, bytes: groups.length * groupBytes, text }
}

/** Between the tokens of JSON a line end is white space; within them it cannot be. */
function onOneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]/g, ' ') : json
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
