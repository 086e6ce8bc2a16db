import { type FieldPath, keyField } from './field-path.ts'
import { isArray, type Json } from './json-value.ts'
import { queryLimits } from './limits.ts'
import { fault } from './query-fault.ts'

/** A dotted path: 1..32 segments, none empty, none an operator. */
export function parsePath(input: Json | undefined, place: string): FieldPath {
  if (typeof input !== 'string') throw fault(place, 'must be the name of a field')
  if (input.length > queryLimits.pathCharacters) {
    throw fault(place, `a field name is longer than ${queryLimits.pathCharacters} characters`)
  }
  const segments = input.split('.')
  if (segments.length > queryLimits.pathSegments) {
    throw fault(place, `a field name has more than ${queryLimits.pathSegments} parts`)
  }
  if (segments.includes('')) throw fault(place, 'a field name has an empty part')
  if (segments[0]!.startsWith('$')) throw fault(place, 'a field name may not begin with $')
  return { text: input, segments }
}

/** A path, or `$key` for the record's key. */
export function parsePathOrKey(input: Json | undefined, place: string): FieldPath {
  return input === keyField ? { text: keyField, segments: [keyField] } : parsePath(input, place)
}

export function isKeyPath(path: FieldPath): boolean {
  return path.text === keyField
}

/** An array of 1..`most` elements, each parsed by `parse`. */
export function parseList<T>(
  input: Json | undefined,
  most: number,
  place: string,
  parse: (element: Json, place: string) => T,
): T[] {
  if (!isArray(input) || input.length === 0) throw fault(place, 'must be an array with at least one element')
  if (input.length > most) throw fault(place, `more than ${most} elements`)
  return input.map((element, i) => parse(element, `${place}[${i}]`))
}

export function parseWhole(input: Json | undefined, lowest: number, highest: number, place: string): number {
  if (!Number.isInteger(input) || (input as number) < lowest || (input as number) > highest) {
    throw fault(place, `must be a whole number from ${lowest} to ${highest}`)
  }
  return input as number
}
