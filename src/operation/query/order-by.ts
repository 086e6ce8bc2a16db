import { compilePath } from './field-path.ts'
import { isArray, type Json } from './json-value.ts'
import { compareValues } from './order.ts'
import { isKeyPath } from './parse-path.ts'
import type { OrderTerm } from './query.ts'
import type { SortKeyWriter } from './sort-key.ts'
import type { Steps } from './steps.ts'

/** Writes the sort key of one record. */
export type SortKeyOf = (writer: SortKeyWriter, key: Uint8Array, value: Json) => void

export function compileOrder(terms: readonly OrderTerm[], steps: Steps): SortKeyOf {
  const parts = terms.map((term) => compileTerm(term, steps))
  return (writer, key, value) => {
    writer.reset()
    for (const part of parts) part(writer, key, value)
  }
}

/**
 * As in MongoDB, an array counts as its least element in ascending order and as its greatest in descending order, a
 * missing field as null, and an array without elements comes before null.
 */
function compileTerm({ path, descending }: OrderTerm, steps: Steps): SortKeyOf {
  if (isKeyPath(path)) return (writer, key) => writer.appendKey(key, descending)
  let seen = false
  let best: Json | undefined
  const offer = (value: Json | undefined) => {
    const order = seen ? compareOffered(value, best, steps) : 0
    if (!seen || (descending ? order > 0 : order < 0)) best = value
    seen = true
  }
  const take = (value: Json | undefined) => {
    if (!isArray(value)) offer(value ?? null)
    else if (value.length === 0) offer(undefined)
    else for (const element of value) offer(element)
    return false
  }
  const visit = compilePath(path.segments, take, steps)
  return (writer, _key, value) => {
    seen = false
    visit(value)
    const before = writer.length
    writer.append(seen ? best : null, descending)
    steps.take(writer.length - before)
    best = undefined
  }
}

/** Undefined stands for an array without elements. */
function compareOffered(a: Json | undefined, b: Json | undefined, steps: Steps): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return compareValues(a, b, steps)
}
