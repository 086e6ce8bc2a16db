import { emptyPath, type FieldPath } from './field-path.ts'
import { isArray, isObject, type Json, type JsonObject } from './json-value.ts'
import { queryLimits } from './limits.ts'
import { parsePath } from './parse-path.ts'
import type { Comparison, Test, TypeName, Where } from './query.ts'
import { fault, unsupported } from './query-fault.ts'

const combinations = { $and: 'all', $or: 'any', $nor: 'none' } as const
const comparisons: Readonly<Record<string, Comparison>> = {
  $lt: 'less',
  $lte: 'at-most',
  $gt: 'greater',
  $gte: 'at-least',
}
/** MongoDB's names and numbers for the types that JSON has. */
const typeNames = new Map<Json, TypeName>([
  ...(['double', 'string', 'object', 'array', 'bool', 'null', 'int', 'long', 'number'] as const).map(
    (name) => [name, name] as const,
  ),
  [1, 'double'],
  [2, 'string'],
  [3, 'object'],
  [4, 'array'],
  [8, 'bool'],
  [10, 'null'],
  [16, 'int'],
  [18, 'long'],
])

/**
 * Parses the `where` member: MongoDB's query language as far as `docs/query-language.md` lists it. One parser for each
 * query; it counts conditions and operands and throws a `QueryFault` past `queryLimits`.
 */
export class WhereParser {
  #conditions = 0
  #operands = 0
  #segments = 0

  parse(input: Json, place: string): Where {
    return this.#document(input, place, 0)
  }

  #document(input: Json, place: string, depth: number): Where {
    if (!isObject(input)) throw fault(place, 'conditions must be an object')
    this.#nest(place, depth)
    const entries = Object.entries(input)
    if (entries.length === 0) this.#count(place)
    return all(
      entries.map(([name, operand]) => {
        const inner = `${place}.${name}`
        if (!name.startsWith('$')) return this.#field(parsePath(name, inner), operand, inner, depth)
        if (Object.hasOwn(combinations, name)) {
          const kind = combinations[name as keyof typeof combinations]
          return { kind, of: this.#list(operand, inner, depth) }
        }
        if (fieldOperators.has(name)) throw fault(inner, 'this operator belongs inside a field')
        throw unsupported(place, name)
      }),
    )
  }

  #list(operand: Json, place: string, depth: number): Where[] {
    if (!isArray(operand) || operand.length === 0) throw fault(place, 'must be an array with at least one condition')
    return operand.map((part, i) => this.#document(part, `${place}[${i}]`, depth + 1))
  }

  #field(path: FieldPath, operand: Json, place: string, depth: number): Where {
    if (isObject(operand) && hasOperators(operand, place)) return this.#operators(path, operand, place, depth)
    return this.#test(path, { kind: 'equals', value: this.#operand(operand, place, 0) }, place)
  }

  #operators(path: FieldPath, operators: JsonObject, place: string, depth: number): Where {
    this.#nest(place, depth)
    return all(
      Object.entries(operators).map(([name, operand]) =>
        this.#operator(path, name, operand, `${place}.${name}`, depth),
      ),
    )
  }

  #operator(path: FieldPath, name: string, operand: Json, place: string, depth: number): Where {
    const comparison = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined
    if (comparison !== undefined) {
      return this.#test(path, { kind: comparison, value: this.#operand(operand, place, 0) }, place)
    }
    switch (name) {
      case '$eq':
        return this.#test(path, { kind: 'equals', value: this.#operand(operand, place, 0) }, place)
      case '$ne':
        return not(this.#test(path, { kind: 'equals', value: this.#operand(operand, place, 0) }, place))
      case '$in':
        return this.#test(path, { kind: 'in', values: this.#operandList(operand, place) }, place)
      case '$nin':
        return not(this.#test(path, { kind: 'in', values: this.#operandList(operand, place) }, place))
      case '$exists': {
        if (typeof operand !== 'boolean') throw fault(place, 'must be true or false')
        const exists = this.#test(path, { kind: 'exists' }, place)
        return operand ? exists : not(exists)
      }
      case '$type':
        return this.#test(path, { kind: 'type', types: parseTypes(operand, place) }, place)
      case '$size':
        if (!Number.isSafeInteger(operand) || (operand as number) < 0) throw fault(place, 'must be a whole number')
        return this.#test(path, { kind: 'size', count: operand as number }, place)
      case '$not':
        if (!isObject(operand) || Object.keys(operand).length === 0 || !hasOperators(operand, place)) {
          throw fault(place, 'must be an object with operators')
        }
        return not(this.#operators(path, operand, place, depth + 1))
      case '$all':
        return this.#everyOf(path, operand, place, depth)
      case '$elemMatch':
        return this.#element(path, operand, place, depth)
      default:
        if (Object.hasOwn(combinations, name)) throw fault(place, 'this operator does not belong inside a field')
        throw unsupported(place, name)
    }
  }

  #everyOf(path: FieldPath, operand: Json, place: string, depth: number): Where {
    if (!isArray(operand)) throw fault(place, 'must be an array')
    if (operand.length === 0) {
      this.#count(place)
      return { kind: 'any', of: [] }
    }
    return all(
      operand.map((part, i) => {
        const inner = `${place}[${i}]`
        if (!isObject(part) || !hasOperators(part, inner)) return this.#field(path, part, inner, depth)
        const [name, ...others] = Object.keys(part)
        if (name !== '$elemMatch' || others.length > 0) throw fault(inner, 'only $elemMatch may stand here')
        return this.#element(path, part['$elemMatch']!, inner, depth)
      }),
    )
  }

  /** Operators alone describe the element itself; anything else describes an element that is an object. */
  #element(path: FieldPath, operand: Json, place: string, depth: number): Where {
    if (!isObject(operand)) throw fault(place, 'must be an object')
    const [first] = Object.keys(operand)
    const objectsOnly = first === undefined || !first.startsWith('$') || Object.hasOwn(combinations, first)
    const where = objectsOnly
      ? this.#document(operand, place, depth + 1)
      : this.#field(emptyPath, operand, place, depth + 1)
    return this.#test(path, { kind: 'element', where, objectsOnly }, place)
  }

  #test(path: FieldPath, test: Test, place: string): Where {
    this.#count(place)
    this.#segments += path.segments.length
    if (this.#segments > queryLimits.conditionSegments) {
      throw fault(place, `the field names of all conditions have more than ${queryLimits.conditionSegments} parts`)
    }
    return { kind: 'field', path, test }
  }

  /** Conditions that hold always or never count too: what combines them is then bounded as well. */
  #count(place: string): void {
    if (++this.#conditions > queryLimits.conditions) {
      throw fault(place, `more than ${queryLimits.conditions} conditions`)
    }
  }

  #operandList(operand: Json, place: string): Json[] {
    if (!isArray(operand)) throw fault(place, 'must be an array')
    return operand.map((value, i) => {
      const inner = `${place}[${i}]`
      if (isObject(value) && hasOperators(value, inner)) throw fault(inner, 'no operators may stand here')
      return this.#operand(value, inner, 0)
    })
  }

  #operand(value: Json, place: string, depth: number): Json {
    if (++this.#operands > queryLimits.operandValues) {
      throw fault(place, `more than ${queryLimits.operandValues} values to compare with`)
    }
    this.#nest(place, depth)
    if (isArray(value)) for (const element of value) this.#operand(element, place, depth + 1)
    else if (isObject(value)) for (const member of Object.values(value)) this.#operand(member, place, depth + 1)
    return value
  }

  #nest(place: string, depth: number): void {
    if (depth > queryLimits.nesting) throw fault(place, `nested deeper than ${queryLimits.nesting}`)
  }
}

const fieldOperators = new Set([
  ...Object.keys(comparisons),
  ...['$eq', '$ne', '$in', '$nin', '$not', '$exists', '$type', '$size', '$all', '$elemMatch'],
])

function all(of: Where[]): Where {
  return of.length === 1 ? of[0]! : { kind: 'all', of }
}

function not(where: Where): Where {
  return { kind: 'none', of: [where] }
}

/** Whether an object holds operators; they do not mix with plain members. */
function hasOperators(object: JsonObject, place: string): boolean {
  const names = Object.keys(object)
  const operators = names.filter((name) => name.startsWith('$')).length
  if (operators > 0 && operators < names.length) throw fault(place, 'operators and plain members do not mix')
  return operators > 0
}

function parseTypes(operand: Json, place: string): TypeName[] {
  const names = isArray(operand) ? operand : [operand]
  if (names.length === 0 || names.length > typeNames.size) throw fault(place, 'must name one or more types')
  return names.map((name) => {
    const type = typeNames.get(name)
    if (type === undefined) throw fault(place, 'a type is not one that JSON has')
    return type
  })
}
