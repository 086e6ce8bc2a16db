/**
 * What a query should answer, written a second time and as naively as possible: lists instead of closures, whole sorts
 * instead of heaps, no shards. It takes the request's JSON, not the parsed query, and shares no code with `src`.
 */
export interface ModelRecord {
  readonly key: string
  readonly value: unknown
}

type Doc = Record<string, unknown>
const missing = Symbol('missing')

export function modelQuery(records: readonly ModelRecord[], query: Doc): { rows: unknown[] } | { groups: unknown[] } {
  const byKey = [...records].sort((a, b) => bytes(a.key, b.key))
  const hits = byKey.filter(
    ({ key, value }) =>
      key.startsWith((query['prefix'] as string | undefined) ?? '') && matches(value, (query['where'] as Doc) ?? {}),
  )
  const offset = (query['offset'] as number | undefined) ?? 0
  if (query['aggregate'] === undefined && query['groupBy'] === undefined) {
    const sorted = hits.sort((a, b) => orderRows(a, b, (query['orderBy'] as Doc[] | undefined) ?? []))
    const rows = sorted.slice(offset, offset + ((query['limit'] as number | undefined) ?? 100))
    return { rows: rows.map(({ key, value }) => project(key, value, query['select'] as string[] | undefined)) }
  }
  return { groups: modelGroups(hits, query).slice(offset, offset + ((query['limit'] as number | undefined) ?? 10_000)) }
}

// ---- conditions

function matches(doc: unknown, where: Doc): boolean {
  return Object.entries(where).every(([name, operand]) => {
    if (name === '$and') return (operand as Doc[]).every((part) => matches(doc, part))
    if (name === '$or') return (operand as Doc[]).some((part) => matches(doc, part))
    if (name === '$nor') return !(operand as Doc[]).some((part) => matches(doc, part))
    return fieldMatches(candidates(doc, name.split('.')), operand, true)
  })
}

function isDoc(value: unknown): value is Doc {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every value a path stands for. */
function candidates(value: unknown, path: readonly string[]): unknown[] {
  if (path.length === 0) return [value]
  const [name, ...rest] = path as [string, ...string[]]
  if (isDoc(value)) return Object.hasOwn(value, name) ? candidates(value[name], rest) : [missing]
  if (!Array.isArray(value)) return [missing]
  const numeric = /^\d+$/.test(name)
  const places = numeric && Number(name) < value.length ? candidates(value[Number(name)], rest) : []
  const inner = value.filter(isDoc).filter((element) => !numeric || Object.hasOwn(element, name))
  return [...places, ...inner.flatMap((element) => candidates(element, path))]
}

function isOperators(operand: unknown): operand is Doc {
  return isDoc(operand) && Object.keys(operand).some((name) => name.startsWith('$'))
}

function fieldMatches(found: unknown[], operand: unknown, expand: boolean): boolean {
  if (!isOperators(operand)) return fieldMatches(found, { $eq: operand }, expand)
  const wide = expand ? found.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value])) : found
  return Object.entries(operand).every(([name, argument]) => {
    switch (name) {
      case '$eq':
        return wide.some((value) => same(value, argument))
      case '$ne':
        return !wide.some((value) => same(value, argument))
      case '$in':
        return wide.some((value) => (argument as unknown[]).some((option) => same(value, option)))
      case '$nin':
        return !wide.some((value) => (argument as unknown[]).some((option) => same(value, option)))
      case '$gt':
        return wide.some((value) => comparable(value, argument) && compare(value, argument) > 0)
      case '$gte':
        return wide.some((value) => comparable(value, argument) && compare(value, argument) >= 0)
      case '$lt':
        return wide.some((value) => comparable(value, argument) && compare(value, argument) < 0)
      case '$lte':
        return wide.some((value) => comparable(value, argument) && compare(value, argument) <= 0)
      case '$exists':
        return found.some((value) => value !== missing) === argument
      case '$type':
        return wide.some((value) => [argument].flat().some((type) => hasType(value, type)))
      case '$size':
        return found.some((value) => Array.isArray(value) && value.length === argument)
      case '$not':
        return !fieldMatches(found, argument, expand)
      case '$all':
        return (
          (argument as unknown[]).length > 0 &&
          (argument as unknown[]).every((part) => fieldMatches(found, part, expand))
        )
      case '$elemMatch':
        return found.some((value) => Array.isArray(value) && value.some((element) => elementMatches(element, argument)))
      default:
        throw new Error(`the model does not know ${name}`)
    }
  })
}

function elementMatches(element: unknown, argument: unknown): boolean {
  const first = Object.keys(argument as Doc)[0]
  if (first?.startsWith('$') && !['$and', '$or', '$nor'].includes(first))
    return fieldMatches([element], argument, false)
  return isDoc(element) && matches(element, argument as Doc)
}

const typeOrder = ['null', 'number', 'string', 'object', 'array', 'bool']

function typeOf(value: unknown): string {
  if (value === missing || value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function comparable(value: unknown, operand: unknown): boolean {
  return typeOf(value) === typeOf(operand)
}

function same(value: unknown, operand: unknown): boolean {
  return compare(value, operand) === 0
}

function hasType(value: unknown, type: unknown): boolean {
  if (value === missing) return false
  const codes: Doc = { 1: 'double', 2: 'string', 3: 'object', 4: 'array', 8: 'bool', 10: 'null', 16: 'int', 18: 'long' }
  const name = typeof type === 'number' ? codes[type] : type
  if (typeof value !== 'number' || name === 'number') return typeOf(value) === name
  if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 63) return name === 'double'
  return name === (value >= -(2 ** 31) && value < 2 ** 31 ? 'int' : 'long')
}

// ---- order

function bytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [typeOf(a), typeOf(b)]
  if (left !== right) return typeOrder.indexOf(left) - typeOrder.indexOf(right)
  if (left === 'null') return 0
  if (left === 'string') return bytes(a as string, b as string)
  if (left === 'number' || left === 'bool') return Number(a) - Number(b)
  const parts = (value: unknown): unknown[] =>
    Array.isArray(value)
      ? value
      : Object.entries(value as Doc).flatMap(([name, member]) => [typeOrder.indexOf(typeOf(member)), name, member])
  const [ours, theirs] = [parts(a), parts(b)]
  for (const [i, part] of ours.entries()) {
    if (i >= theirs.length) return 1
    const order = compare(part, theirs[i])
    if (order !== 0) return order
  }
  return ours.length - theirs.length
}

function orderRows(a: ModelRecord, b: ModelRecord, terms: readonly Doc[]): number {
  for (const term of terms) {
    const sign = term['order'] === 'desc' ? -1 : 1
    const field = term['field'] as string
    const order =
      field === '$key'
        ? bytes(a.key, b.key)
        : compareLists(sortValue(a.value, field, sign), sortValue(b.value, field, sign))
    if (order !== 0) return sign * order
  }
  return bytes(a.key, b.key)
}

/** Empty for an array without elements, which comes first. */
function sortValue(doc: unknown, field: string, sign: number): unknown[] {
  const options = candidates(doc, field.split('.')).flatMap((value) =>
    Array.isArray(value) ? (value.length === 0 ? [[]] : value.map((element) => [element])) : [[value]],
  )
  const sorted = options.sort((a, b) => sign * compareLists(a, b))
  return sorted[0] ?? [null]
}

function compareLists(a: unknown[], b: unknown[]): number {
  return a.length === 0 || b.length === 0 ? a.length - b.length : compare(a[0], b[0])
}

// ---- answers

function project(key: string, value: unknown, select: string[] | undefined): unknown {
  if (select === undefined) return value
  const fields = select.filter((field) => field !== '$key').map((field) => field.split('.'))
  const row = isDoc(value) ? pick(value, fields) : {}
  return select.includes('$key') ? { $key: key, ...(row as Doc) } : row
}

function pick(value: unknown, fields: string[][]): unknown {
  if (Array.isArray(value))
    return value
      .filter((element) => typeof element === 'object' && element !== null)
      .map((element) => pick(element, fields))
  const out: [string, unknown][] = []
  for (const [name, member] of Object.entries(value as Doc)) {
    const deeper = fields.filter((field) => field[0] === name).map((field) => field.slice(1))
    if (deeper.length === 0) continue
    if (deeper.some((field) => field.length === 0)) out.push([name, member])
    else if (typeof member === 'object' && member !== null) out.push([name, pick(member, deeper)])
  }
  return Object.fromEntries(out)
}

function plain(doc: unknown, field: string): unknown {
  let at: unknown = doc
  for (const name of field.split('.')) {
    if (isDoc(at)) at = Object.hasOwn(at, name) ? at[name] : undefined
    else at = Array.isArray(at) && /^\d+$/.test(name) ? at[Number(name)] : undefined
  }
  return at
}

function modelGroups(hits: readonly ModelRecord[], query: Doc): unknown[] {
  const fields = (query['groupBy'] as string[] | undefined) ?? []
  const aggregates = Object.entries((query['aggregate'] as Record<string, Doc> | undefined) ?? {})
  const groups: { by: unknown[]; docs: unknown[] }[] = fields.length === 0 ? [{ by: [], docs: [] }] : []
  for (const { value } of hits) {
    const by = fields.map((field) => plain(value, field) ?? null)
    const known = groups.find((group) => compare(group.by, by) === 0)
    if (known === undefined) groups.push({ by, docs: [value] })
    else known.docs.push(value)
  }
  const finished = groups.map(({ by, docs }) => ({
    by,
    group: Object.fromEntries(fields.map((field, i) => [field, by[i]])),
    values: Object.fromEntries(aggregates.map(([name, spec]) => [name, aggregate(docs, spec)])),
  }))
  finished.sort((a, b) => {
    for (const term of (query['orderBy'] as Doc[] | undefined) ?? []) {
      const read = (one: typeof a) => ({ ...one.values, ...one.group })[term['field'] as string]
      const order = compare(read(a), read(b))
      if (order !== 0) return term['order'] === 'desc' ? -order : order
    }
    return compare(a.by, b.by)
  })
  return finished.map(({ group, values }) => ({ group, values }))
}

function aggregate(docs: readonly unknown[], spec: Doc): unknown {
  const [[kind, field]] = Object.entries(spec) as [[string, string]]
  if (field === '*') return docs.length
  const values = docs.map((doc) => plain(doc, field) ?? null).filter((value) => value !== null)
  const numbers = values.filter((value) => typeof value === 'number')
  const sum = numbers.reduce((total, number) => total + number, 0)
  if (kind === 'count') return values.length
  if (kind === 'sum') return sum
  if (kind === 'avg') return numbers.length === 0 ? null : sum / numbers.length
  const sorted = values.sort(compare)
  return (kind === 'min' ? sorted[0] : sorted[sorted.length - 1]) ?? null
}
