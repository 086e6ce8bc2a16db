import { isArray, isObject, type Json, type MemberReader, memberReader } from './json-value.ts'

/** A dotted path, as the client wrote it and split. */
export interface FieldPath {
  readonly text: string
  readonly segments: readonly string[]
}

/** The value itself. */
export const emptyPath: FieldPath = { text: '', segments: [] }

/** Stands for the record's key in `select` and `orderBy`. */
export const keyField = '$key'

/** Tells whether a value found at a path counts; undefined is given where a path leads nowhere. */
export type Leaf = (value: Json | undefined) => boolean

const indexPattern = /^(?:0|[1-9][0-9]{0,8})$/

function indexOfSegment(segment: string): number | undefined {
  return indexPattern.test(segment) ? Number(segment) : undefined
}

/**
 * A function that offers `leaf` every value at the path until it says true, and answers whether it did. As in MongoDB,
 * an array on the way stands for those of its elements that are objects, and a number in the path also for the element
 * at that place. An object without the member, or a scalar on the way, offers undefined; an array without any object
 * offers nothing.
 */
export function compilePath(segments: readonly string[], leaf: Leaf): (value: Json) => boolean {
  const [segment, ...rest] = segments
  if (segment === undefined) return leaf
  const next = compilePath(rest, leaf)
  const read = memberReader(segment)
  const index = indexOfSegment(segment)
  const found =
    index === undefined ? (value: Json | undefined) => (value === undefined ? leaf(value) : next(value)) : undefined
  return (value) => {
    if (isArray(value)) {
      if (index !== undefined && index < value.length && next(value[index]!)) return true
      for (const element of value) {
        if (!isObject(element)) continue
        const member = read(element)
        // A number that is no member of an element most likely meant a place in the array.
        if (found === undefined ? member !== undefined && next(member) : found(member)) return true
      }
      return false
    }
    const member = isObject(value) ? read(value) : undefined
    return member === undefined ? leaf(undefined) : next(member)
  }
}

/** Reads the one value at a path through objects, and through arrays by number only; undefined if there is none. */
export function compileReader(path: FieldPath): (value: Json) => Json | undefined {
  const steps = path.segments.map(stepReader)
  if (steps.length === 1) return steps[0]!
  return (value) => {
    let at: Json | undefined = value
    for (const step of steps) {
      if (at === undefined) return undefined
      at = step(at)
    }
    return at
  }
}

function stepReader(segment: string): (value: Json) => Json | undefined {
  const read: MemberReader = memberReader(segment)
  const index = indexOfSegment(segment)
  return (value) => {
    if (isObject(value)) return read(value)
    return index !== undefined && isArray(value) ? value[index] : undefined
  }
}
