import type { FieldPath } from './field-path.ts'
import { isObject, type Json, type JsonObject } from './json-value.ts'
import { queryLimits } from './limits.ts'
import { parseList, parsePath, parsePathOrKey } from './parse-path.ts'
import type { Aggregate, GroupOrderTerm, GroupsShape, OrderTerm, RowsShape } from './query.ts'
import { fault, shown, unsupported } from './query-fault.ts'

const aggregateKinds = ['sum', 'avg', 'min', 'max', 'count'] as const

/** What the answer looks like: groups if the query aggregates or groups, else rows. */
export function parseShape(input: JsonObject): RowsShape | GroupsShape {
  return input['aggregate'] === undefined && input['groupBy'] === undefined ? parseRows(input) : parseGroups(input)
}

function parseRows(input: JsonObject): RowsShape {
  const select =
    input['select'] === undefined
      ? undefined
      : withoutOverlap(parseList(input['select'], queryLimits.select, 'select', parsePathOrKey))
  const orderBy = parseOrder(
    input['orderBy'],
    (field, descending, place): OrderTerm => ({
      path: parsePathOrKey(field, place),
      descending,
    }),
  )
  return { kind: 'rows', select, orderBy }
}

function parseGroups(input: JsonObject): GroupsShape {
  if (input['select'] !== undefined) throw fault('select', 'does not go with aggregate or groupBy')
  const groupBy =
    input['groupBy'] === undefined ? [] : unique(parseList(input['groupBy'], queryLimits.groupBy, 'groupBy', parsePath))
  const aggregates = input['aggregate'] === undefined ? [] : parseAggregates(input['aggregate'])
  const names = new Set(groupBy.map((path) => path.text))
  for (const { name } of aggregates) {
    if (names.has(name)) throw fault(`aggregate.${name}`, 'has the name of a field in groupBy')
  }
  const orderBy = parseOrder(input['orderBy'], (field, descending, place): GroupOrderTerm => {
    const group = groupBy.findIndex((path) => path.text === field)
    if (group >= 0) return { by: 'group', place: group, descending }
    const aggregate = aggregates.findIndex(({ name }) => name === field)
    if (aggregate < 0) throw fault(place, 'groups are ordered by a field in groupBy or by the name of an aggregate')
    return { by: 'aggregate', place: aggregate, descending }
  })
  return { kind: 'groups', groupBy, aggregates, orderBy }
}

function parseOrder<T>(
  input: Json | undefined,
  term: (field: Json | undefined, descending: boolean, place: string) => T,
): T[] {
  if (input === undefined) return []
  return parseList(input, queryLimits.orderBy, 'orderBy', (element, place) => {
    if (!isObject(element)) throw fault(place, 'must be an object with field and order')
    for (const name of Object.keys(element)) {
      if (name !== 'field' && name !== 'order') throw fault(place, `unknown member ${shown(name)}`)
    }
    const order = element['order'] ?? 'asc'
    if (order !== 'asc' && order !== 'desc') throw fault(`${place}.order`, 'must be asc or desc')
    return term(element['field'], order === 'desc', `${place}.field`)
  })
}

function parseAggregates(input: Json): Aggregate[] {
  if (!isObject(input)) throw fault('aggregate', 'must be an object')
  const entries = Object.entries(input)
  if (entries.length === 0) throw fault('aggregate', 'must name at least one aggregate')
  if (entries.length > queryLimits.aggregates) {
    throw fault('aggregate', `more than ${queryLimits.aggregates} aggregates`)
  }
  return entries.map(([name, spec]) => parseAggregate(name, spec))
}

function parseAggregate(name: string, spec: Json): Aggregate {
  const place = `aggregate.${name}`
  if (name === '' || name.length > queryLimits.nameCharacters) {
    throw fault('aggregate', `a name must have 1 to ${queryLimits.nameCharacters} characters`)
  }
  const members = isObject(spec) ? Object.entries(spec) : []
  const [member] = members
  if (member === undefined || members.length !== 1) {
    throw fault(place, `must be an object with one of ${aggregateKinds.join(', ')}`)
  }
  const kind = aggregateKinds.find((known) => known === member[0])
  if (kind === undefined) {
    if (member[0].startsWith('$')) throw unsupported(place, member[0])
    throw fault(place, `must be one of ${aggregateKinds.join(', ')}`)
  }
  const inner = `${place}.${kind}`
  if (member[1] !== '*') return { name, kind, path: parsePath(member[1], inner) }
  if (kind !== 'count') throw fault(inner, 'only count takes "*"')
  return { name, kind, path: undefined }
}

/** Refuses a path that lies inside another, which could not both be shown. */
function withoutOverlap(paths: readonly FieldPath[]): FieldPath[] {
  const texts = new Set(paths.map((path) => path.text))
  for (const { text, segments } of paths) {
    for (let length = 1; length < segments.length; length++) {
      if (texts.has(segments.slice(0, length).join('.'))) throw fault(text, 'lies inside another field that is named')
    }
  }
  return unique(paths)
}

function unique(paths: readonly FieldPath[]): FieldPath[] {
  return [...new Map(paths.map((path) => [path.text, path])).values()]
}
