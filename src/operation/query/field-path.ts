import {
  isArray,
  isObject,
  type Json,
  type JsonArray,
  type JsonObject,
  type MemberReader,
  memberReader,
} from './json-value.ts'
import type { Steps } from './steps.ts'

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
 * The arrays that one evaluation of a path has come to, each with the segments it came with. Two numbers in a path lead to
 * an array in several ways, three in more: without this their number would double with each.
 */
class Visits {
  readonly #segments = new Map<JsonArray, number>()

  /** Whether the array was come to with this segment before; from now on it was. */
  again(array: JsonArray, segment: number): boolean {
    const segments = this.#segments.get(array) ?? 0
    const bit = 1 << segment
    this.#segments.set(array, segments | bit)
    return (segments & bit) !== 0
  }

  clear(): void {
    if (this.#segments.size > 0) this.#segments.clear()
  }
}

/** What following a path costs beyond the arrays on it. */
const pathSteps = 3
/** What the memory of a visit costs. */
const visitSteps = 8

/**
 * A function that offers `leaf` every value at the path until it says true, and answers whether it did. As in MongoDB,
 * an array on the way stands for those of its elements that are objects, and a number in the path also for the element
 * at that place. An object without the member, or a scalar on the way, offers undefined; an array without any object
 * offers nothing. At most 32 segments; the steps are those values times segments, however many ways lead to a value.
 */
export function compilePath(segments: readonly string[], leaf: Leaf, steps: Steps): (value: Json) => boolean {
  if (segments.length === 0) return leaf
  const numbers = segments.filter((segment) => indexOfSegment(segment) !== undefined).length
  const visits = numbers > 1 ? new Visits() : undefined
  const walk = new PathCompiler(segments, leaf, steps, visits).from(0)
  return (value) => {
    steps.take(pathSteps)
    const found = walk(value)
    visits?.clear()
    return found
  }
}

class PathCompiler {
  readonly #segments: readonly string[]
  readonly #leaf: Leaf
  readonly #steps: Steps
  readonly #visits: Visits | undefined

  constructor(segments: readonly string[], leaf: Leaf, steps: Steps, visits: Visits | undefined) {
    this.#segments = segments
    this.#leaf = leaf
    this.#steps = steps
    this.#visits = visits
  }

  from(place: number): (value: Json) => boolean {
    const segment = this.#segments[place]
    const leaf = this.#leaf
    if (segment === undefined) return leaf
    const next = this.from(place + 1)
    const read = memberReader(segment)
    const index = indexOfSegment(segment)
    const inArray = index === undefined ? this.#byName(read, next) : this.#byNumber(read, next, index, place)
    return (value) => {
      if (isArray(value)) return inArray(value)
      const member = isObject(value) ? read(value) : undefined
      return member === undefined ? leaf(undefined) : next(member)
    }
  }

  #byName(read: MemberReader, next: (value: Json) => boolean): (array: JsonArray) => boolean {
    const leaf = this.#leaf
    return this.#anyObject((element) => {
      const member = read(element)
      return member === undefined ? leaf(member) : next(member)
    })
  }

  #byNumber(read: MemberReader, next: (value: Json) => boolean, index: number, place: number) {
    const visits = this.#visits
    const steps = this.#steps
    // A number that is no member of an element most likely meant a place in the array.
    const inObjects = this.#anyObject((element) => {
      const member = read(element)
      return member !== undefined && next(member)
    })
    return (array: JsonArray): boolean => {
      if (visits !== undefined) {
        steps.take(visitSteps)
        // It led to nothing the first time.
        if (visits.again(array, place)) return false
      }
      return (index < array.length && next(array[index]!)) || inObjects(array)
    }
  }

  #anyObject(holds: (element: JsonObject) => boolean): (array: JsonArray) => boolean {
    const steps = this.#steps
    return (array) => {
      for (let i = 0; i < array.length; i++) {
        const element = array[i]!
        if (!isObject(element) || !holds(element)) continue
        steps.take(i)
        return true
      }
      steps.take(array.length)
      return false
    }
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
