import { compilePath, type Leaf } from './field-path.ts'
import { isArray, isObject, type Json } from './json-value.ts'
import { compileIn } from './match-in.ts'
import { compareText, compareValues, isComposite, rank, textSteps } from './order.ts'
import type { Comparison, Test, TypeName, Where } from './query.ts'
import type { Steps } from './steps.ts'

export type Matcher = (value: Json) => boolean

/** Comparing longer texts counts as more than one step. */
const longText = 64

/** Turns conditions into nested functions, once for each query and shard; what they do is counted in `steps`. */
export function compileWhere(where: Where, steps: Steps): Matcher {
  if (where.kind === 'field') return compileField(where.path.segments, where.test, steps)
  const parts = where.of.map((part) => compileWhere(part, steps))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) {
    return where.kind === 'none' ? (value) => !only(value) : only
  }
  switch (where.kind) {
    case 'all':
      return (value) => parts.every((part) => part(value))
    case 'any':
      return (value) => parts.some((part) => part(value))
    case 'none':
      return (value) => !parts.some((part) => part(value))
  }
}

function compileField(segments: readonly string[], test: Test, steps: Steps): Matcher {
  const leaf = compileTest(test, steps)
  if (segments.length === 0 || !looksInsideArrays(test)) return compilePath(segments, leaf, steps)
  const inside = someElement(leaf, steps)
  return compilePath(segments, (value) => leaf(value) || inside(value), steps)
}

/** Whether a value is an array with an element that passes. */
function someElement(passes: (element: Json) => boolean, steps: Steps): Leaf {
  return (value) => {
    if (!isArray(value)) return false
    const at = value.findIndex(passes)
    steps.take(at < 0 ? value.length : at)
    return at >= 0
  }
}

/** Whether an array at the end of a path stands for its elements too, or only for itself. */
function looksInsideArrays(test: Test): boolean {
  return test.kind !== 'exists' && test.kind !== 'size' && test.kind !== 'element'
}

function compileTest(test: Test, steps: Steps): Leaf {
  switch (test.kind) {
    case 'equals':
      return compileEquals(test.value, steps)
    case 'in':
      return compileIn(test.values, steps)
    case 'exists':
      return (value) => value !== undefined
    case 'type':
      return compileTypes(test.types)
    case 'size':
      return (value) => isArray(value) && value.length === test.count
    case 'element': {
      const inner = compileWhere(test.where, steps)
      return someElement(test.objectsOnly ? (element) => isObject(element) && inner(element) : inner, steps)
    }
    default:
      return compileComparison(test.kind, test.value, steps)
  }
}

function compileEquals(operand: Json, steps: Steps): Leaf {
  if (operand === null) return (value) => value === null || value === undefined
  if (isComposite(operand)) return (value) => isComposite(value) && compareValues(value, operand, steps) === 0
  if (typeof operand !== 'string' || operand.length < longText) return (value) => value === operand
  return (value) => {
    if (typeof value !== 'string' || value.length !== operand.length) return false
    steps.take(textSteps(value, operand))
    return value === operand
  }
}

/** Values compare only with values of the operand's own type; null is only ever equal to null. */
function compileComparison(kind: Comparison, operand: Json, steps: Steps): Leaf {
  const accepts = acceptors[kind]
  if (typeof operand === 'number') return (value) => typeof value === 'number' && accepts(value - operand || 0)
  if (typeof operand === 'string') {
    return (value) => {
      if (typeof value !== 'string') return false
      steps.take(1 + textSteps(value, operand))
      return accepts(compareText(value, operand))
    }
  }
  const type = rank(operand)
  return (value) => rank(value) === type && accepts(compareValues(value, operand, steps))
}

const acceptors = {
  less: (order: number) => order < 0,
  'at-most': (order: number) => order <= 0,
  greater: (order: number) => order > 0,
  'at-least': (order: number) => order >= 0,
} as const satisfies Record<Comparison, (order: number) => boolean>

function compileTypes(types: readonly TypeName[]): Leaf {
  const wanted = new Set<TypeName | undefined>(types)
  const anyNumber = wanted.has('number')
  return (value) => (anyNumber && typeof value === 'number') || wanted.has(typeOf(value))
}

function typeOf(value: Json | undefined): TypeName | undefined {
  switch (typeof value) {
    case 'number':
      if ((value | 0) === value) return 'int'
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? 'long' : 'double'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'undefined':
      return undefined
    default:
      return value === null ? 'null' : isArray(value) ? 'array' : 'object'
  }
}
