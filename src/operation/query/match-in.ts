import type { Leaf } from './field-path.ts'
import type { Json, JsonArray, JsonObject } from './json-value.ts'
import { compareValues, isComposite } from './order.ts'
import type { Steps } from './steps.ts'

/**
 * Whether a value is one of many. Numbers, objects and arrays are looked up in order: by halves, whoever chose them, where
 * a hash table can be made to degenerate (numbers are hashed without a secret). Everything else is in a set.
 */
export function compileIn(operands: readonly Json[], steps: Steps): Leaf {
  const numbers = Float64Array.from(operands.filter((operand) => typeof operand === 'number')).sort()
  const composites = operands
    .filter(isComposite)
    .sort((a, b) => compareValues(a, b))
    .filter((operand, i, sorted) => i === 0 || compareValues(operand, sorted[i - 1]) !== 0)
  const others = new Set<Json | undefined>(
    operands.filter((operand) => typeof operand !== 'number' && !isComposite(operand)),
  )
  if (others.has(null)) others.add(undefined)
  return (value) => {
    if (typeof value === 'number') return hasNumber(numbers, value)
    return isComposite(value) ? hasComposite(composites, value, steps) : others.has(value)
  }
}

function hasNumber(sorted: Float64Array, number: number): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < number) low = middle + 1
    else high = middle
  }
  return low < sorted.length && sorted[low] === number
}

function hasComposite(sorted: readonly (JsonArray | JsonObject)[], value: Json, steps: Steps): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const order = compareValues(sorted[middle], value, steps)
    if (order === 0) return true
    if (order < 0) low = middle + 1
    else high = middle
  }
  return false
}
