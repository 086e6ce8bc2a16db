import { compilePath, type Leaf } from './field-path.ts'
import { isArray, isObject, type Json } from './json-value.ts'
import { compareText, compareValues, isComposite, rank } from './order.ts'
import type { Comparison, Test, TypeName, Where } from './query.ts'

export type Matcher = (value: Json) => boolean

/** Turns conditions into nested functions, once for each query and shard. */
export function compileWhere(where: Where): Matcher {
  if (where.kind === 'field') return compileField(where.path.segments, where.test)
  const parts = where.of.map(compileWhere)
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

function compileField(segments: readonly string[], test: Test): Matcher {
  const leaf = compileTest(test)
  if (segments.length === 0 || !looksInsideArrays(test)) return compilePath(segments, leaf)
  return compilePath(segments, (value) => leaf(value) || (isArray(value) && value.some(leaf)))
}

/** Whether an array at the end of a path stands for its elements too, or only for itself. */
function looksInsideArrays(test: Test): boolean {
  return test.kind !== 'exists' && test.kind !== 'size' && test.kind !== 'element'
}

function compileTest(test: Test): Leaf {
  switch (test.kind) {
    case 'equals':
      return compileEquals(test.value)
    case 'in':
      return compileIn(test.values)
    case 'exists':
      return (value) => value !== undefined
    case 'type':
      return compileTypes(test.types)
    case 'size':
      return (value) => isArray(value) && value.length === test.count
    case 'element': {
      const inner = compileWhere(test.where)
      const { objectsOnly } = test
      return (value) => isArray(value) && value.some((element) => (!objectsOnly || isObject(element)) && inner(element))
    }
    default:
      return compileComparison(test.kind, test.value)
  }
}

function compileEquals(operand: Json): Leaf {
  if (operand === null) return (value) => value === null || value === undefined
  if (!isComposite(operand)) return (value) => value === operand
  return (value) => isComposite(value) && compareValues(value, operand) === 0
}

function compileIn(operands: readonly Json[]): Leaf {
  const scalars = new Set<Json | undefined>(operands.filter((operand) => !isComposite(operand)))
  if (scalars.has(null)) scalars.add(undefined)
  const composites = operands.filter(isComposite)
  if (composites.length === 0) return (value) => scalars.has(value)
  return (value) =>
    isComposite(value) ? composites.some((operand) => compareValues(value, operand) === 0) : scalars.has(value)
}

/** Values compare only with values of the operand's own type; null is only ever equal to null. */
function compileComparison(kind: Comparison, operand: Json): Leaf {
  const accepts = acceptors[kind]
  if (typeof operand === 'number') return (value) => typeof value === 'number' && accepts(value - operand || 0)
  if (typeof operand === 'string') return (value) => typeof value === 'string' && accepts(compareText(value, operand))
  const type = rank(operand)
  return (value) => rank(value) === type && accepts(compareValues(value, operand))
}

const acceptors = {
  less: (order: number) => order < 0,
  'at-most': (order: number) => order <= 0,
  greater: (order: number) => order > 0,
  'at-least': (order: number) => order >= 0,
} as const satisfies Record<Comparison, (order: number) => boolean>

function compileTypes(types: readonly TypeName[]): Leaf {
  const wanted = types.map((type) => typeTests[type])
  return (value) => value !== undefined && wanted.some((is) => is(value))
}

const isInt = (value: Json) => typeof value === 'number' && (value | 0) === value
const isWhole = (value: Json) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63

const typeTests = {
  number: (value) => typeof value === 'number',
  int: isInt,
  long: (value) => isWhole(value) && !isInt(value),
  double: (value) => typeof value === 'number' && !isWhole(value),
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: isArray,
  object: isObject,
} as const satisfies Record<TypeName, Matcher>
