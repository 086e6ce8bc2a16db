import { compilePath } from './field-path.ts'
import { isArray, type Json } from './json-value.ts'
import { compareValues } from './order.ts'
import { isKeyPath } from './parse-path.ts'
import type { OrderTerm } from './query.ts'
import type { SortKeyWriter } from './sort-key.ts'

/** Writes the sort key of one record. */
export type SortKeyOf = (writer: SortKeyWriter, key: Uint8Array, value: Json) => void

export function compileOrder(terms: readonly OrderTerm[]): SortKeyOf {
  const parts = terms.map(compileTerm)
  return (writer, key, value) => {
    writer.reset()
    for (const part of parts) part(writer, key, value)
  }
}

/**
 * As in MongoDB, an array counts as its least element in ascending order and as its greatest in descending order, a
 * missing field as null, and an array without elements comes before null.
 */
function compileTerm({ path, descending }: OrderTerm): SortKeyOf {
  if (isKeyPath(path)) return (writer, key) => writer.appendKey(key, descending)
  let seen = false
  let best: Json | undefined
  const offer = (value: Json | undefined) => {
    const order = seen ? compareOffered(value, best) : 0
    if (!seen || (descending ? order > 0 : order < 0)) best = value
    seen = true
  }
  const visit = compilePath(path.segments, (value) => {
    if (!isArray(value)) offer(value ?? null)
    else if (value.length === 0) offer(undefined)
    else for (const element of value) offer(element)
    return false
  })
  return (writer, _key, value) => {
    seen = false
    visit(value)
    writer.append(seen ? best : null, descending)
    best = undefined
  }
}

/** Undefined stands for an array without elements. */
function compareOffered(a: Json | undefined, b: Json | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return compareValues(a, b)
}
