import { deepest, isArray, type Json, type JsonArray, type JsonObject, TooDeep } from './json-value.ts'
import { type Steps, unmetered } from './steps.ts'

/**
 * The order of types, MongoDB's for those JSON has: null (and missing), numbers, strings, objects, arrays, booleans
 * (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/).
 */
export const rankOf = { null: 2, number: 3, string: 4, object: 5, array: 6, boolean: 7 } as const

export function rank(value: Json | undefined): number {
  if (value === undefined || value === null) return rankOf.null
  switch (typeof value) {
    case 'number':
      return rankOf.number
    case 'string':
      return rankOf.string
    case 'boolean':
      return rankOf.boolean
    default:
      return Array.isArray(value) ? rankOf.array : rankOf.object
  }
}

/** What comparing arrays costs beyond their elements. */
const arraySteps = 3
/** Objects of more members than this are hash tables, and listing a member of those costs more. */
const mostFastMembers = 500

function listingSteps(members: number): number {
  return members <= mostFastMembers ? 2 * members : 16 * members
}

/** Whole-order comparison over any two values: negative, 0 or positive. Equality is MongoDB's: members in order too. */
export function compareValues(a: Json | undefined, b: Json | undefined, steps: Steps = unmetered, depth = 0): number {
  steps.take(1)
  const rankA = rank(a)
  const rankB = rank(b)
  if (rankA !== rankB) return rankA - rankB
  switch (rankA) {
    case rankOf.null:
      return 0
    case rankOf.string:
      steps.take(textSteps(a as string, b as string))
      return compareText(a as string, b as string)
    case rankOf.object:
      return compareObjects(a as JsonObject, b as JsonObject, steps, depth + 1)
    case rankOf.array:
      return compareArrays(a as JsonArray, b as JsonArray, steps, depth + 1)
    default: {
      const left = Number(a)
      const right = Number(b)
      return left < right ? -1 : left > right ? 1 : 0
    }
  }
}

/** What comparing two texts costs beyond a step. */
export function textSteps(a: string, b: string): number {
  return Math.min(a.length, b.length) >> 3
}

/** By code point, which is the byte order of UTF-8; JavaScript's own `<` goes by UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA !== unitB) return surrogatesLast(unitA) - surrogatesLast(unitB)
  }
  return a.length - b.length
}

/** Maps UTF-16 units so that surrogates, which stand for U+10000 and above, come after U+E000..U+FFFF. */
function surrogatesLast(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** Member by member: type, then name, then value; a prefix comes first. */
function compareObjects(a: JsonObject, b: JsonObject, steps: Steps, depth: number): number {
  if (depth > deepest) throw new TooDeep()
  const namesA = Object.keys(a)
  const namesB = Object.keys(b)
  steps.take(listingSteps(namesA.length) + listingSteps(namesB.length))
  const length = Math.min(namesA.length, namesB.length)
  for (let i = 0; i < length; i++) {
    const valueA = a[namesA[i]!]
    const valueB = b[namesB[i]!]
    const order =
      rank(valueA) - rank(valueB) || compareText(namesA[i]!, namesB[i]!) || compareValues(valueA, valueB, steps, depth)
    if (order !== 0) return order
  }
  return namesA.length - namesB.length
}

function compareArrays(a: JsonArray, b: JsonArray, steps: Steps, depth: number): number {
  if (depth > deepest) throw new TooDeep()
  steps.take(arraySteps)
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i], steps, depth)
    if (order !== 0) return order
  }
  return a.length - b.length
}

export function isComposite(value: Json | undefined): value is JsonArray | JsonObject {
  return isArray(value) || rank(value) === rankOf.object
}
