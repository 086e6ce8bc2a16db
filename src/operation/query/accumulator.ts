import type { GatewayError } from '../../errors.ts'
import type { RecordView } from '../record.ts'
import { mostGroups, refusedFor, rowsNeeded, tooLarge } from './budget.ts'
import { GroupTable } from './group-table.ts'
import { isJsonType, JsonReader, nestingOf, TooManyParts } from './json-record.ts'
import { type Json, TooDeep } from './json-value.ts'
import { compileWhere, type Matcher } from './match.ts'
import { compileOrder, type SortKeyOf } from './order-by.ts'
import { compileProjection, type Projection } from './projection.ts'
import type { GroupsShape, Query, QueryPartial, RowsShape } from './query.ts'
import { SortKeyWriter } from './sort-key.ts'
import { Steps, TooManySteps } from './steps.ts'
import { TopRows } from './top-rows.ts'

/** Rows nested deeper than this cannot be turned back into text safely. */
const deepestRow = 1_000
/** Shorter texts cannot nest that deep. */
const checkedLength = 2 * deepestRow

/**
 * One shard's work on a query: fed record by record, in key order if the query has no `orderBy`. Holds no more than
 * `budgetBytes` (an estimate) and nothing of the records' own buffers.
 */
export interface Accumulator {
  /** True once no further record can change the partial: the walk may stop. */
  readonly done: boolean
  /** What was done so far, in steps of about ten nanoseconds: callers divide their turns by it. */
  readonly steps: number
  /** What it holds, an estimate. */
  readonly bytes: number
  /** Takes one record; answers `result-too-large` when the budget is exceeded, after which nothing more may be added. */
  add(key: Uint8Array, record: RecordView): GatewayError | undefined
  /** The result; called once, at the end. */
  partial(): QueryPartial
}

/**
 * Records that are not JSON by content type are passed over, and so are those that claim to be and do not parse; except
 * that a query without conditions and fields (`count: "*"`) goes by the content type alone.
 */
export function createAccumulator(query: Query, budgetBytes: number): Accumulator {
  const { shape } = query
  return shape.kind === 'rows'
    ? new RowsAccumulator(query, shape, budgetBytes)
    : new GroupsAccumulator(query, shape, budgetBytes)
}

abstract class JsonAccumulator implements Accumulator {
  abstract readonly done: boolean
  protected readonly reader = new JsonReader()
  protected readonly counted = new Steps()
  readonly #matches: Matcher | undefined
  readonly #parses: boolean
  readonly #query: Query
  readonly #budgetBytes: number

  constructor(query: Query, parses: boolean, budgetBytes: number) {
    this.#matches = query.where === undefined ? undefined : compileWhere(query.where, this.counted)
    this.#parses = parses || query.where !== undefined
    this.#query = query
    this.#budgetBytes = budgetBytes
  }

  get steps(): number {
    return this.counted.taken
  }

  abstract get bytes(): number

  add(key: Uint8Array, record: RecordView): GatewayError | undefined {
    if (this.done || !isJsonType(record.contentType)) return undefined
    try {
      let value: Json | undefined = null
      this.counted.beginRecord(this.#parses ? record.valueEnd - record.valueStart : 0)
      if (this.#parses) {
        value = this.reader.read(record)
        if (value === undefined || (this.#matches !== undefined && !this.#matches(value))) return undefined
      }
      return this.take(key, value) > this.#budgetBytes ? tooLarge(this.#query, this.#budgetBytes) : undefined
    } catch (error) {
      // V8 itself answers a RangeError where recursion is too deep, as in JSON.stringify.
      if (error instanceof TooDeep || error instanceof RangeError) return refusedFor('deep', key)
      if (error instanceof TooManySteps) return refusedFor('steps', key)
      if (error instanceof TooManyParts) return refusedFor('parts', key)
      throw error
    }
  }

  abstract partial(): QueryPartial
  /** Takes a matching record in; answers the bytes held, more than any budget if there are too many groups. */
  protected abstract take(key: Uint8Array, value: Json): number
}

class RowsAccumulator extends JsonAccumulator {
  readonly #rows: TopRows
  readonly #sort = new SortKeyWriter()
  readonly #sortKeyOf: SortKeyOf
  readonly #project: Projection | undefined
  readonly #ordered: boolean

  constructor(query: Query, shape: RowsShape, budgetBytes: number) {
    super(query, true, budgetBytes)
    this.#ordered = shape.orderBy.length > 0
    this.#rows = new TopRows(rowsNeeded(query), !this.#ordered)
    this.#sortKeyOf = compileOrder(shape.orderBy, this.counted)
    this.#project = shape.select === undefined ? undefined : compileProjection(shape.select, this.counted)
  }

  get done(): boolean {
    return !this.#ordered && this.#rows.full
  }

  get bytes(): number {
    return this.#rows.bytes
  }

  protected take(key: Uint8Array, value: Json): number {
    this.#sortKeyOf(this.#sort, key, value)
    if (!this.#rows.wants(this.#sort, key)) return this.#rows.bytes
    const json = this.#project === undefined ? this.reader.text : this.#project(key, value)
    if (json.length > checkedLength && nestingOf(json) > deepestRow) throw new TooDeep()
    this.#rows.add({ key: new Uint8Array(key), sort: this.#sort.copy(), json })
    return this.#rows.bytes
  }

  partial(): QueryPartial {
    this.reader.close()
    const { bytes } = this.#rows
    return { kind: 'rows', rows: this.#rows.sorted(), bytes }
  }
}

class GroupsAccumulator extends JsonAccumulator {
  readonly done = false
  readonly #table: GroupTable
  readonly #mostGroups: number

  constructor(query: Query, shape: GroupsShape, budgetBytes: number) {
    super(query, shape.groupBy.length > 0 || shape.aggregates.some(({ path }) => path !== undefined), budgetBytes)
    this.#table = new GroupTable(shape, this.counted)
    this.#mostGroups = mostGroups(query)
  }

  get bytes(): number {
    return this.#table.bytes
  }

  protected take(_key: Uint8Array, value: Json): number {
    this.#table.take(value)
    return this.#table.groups.length > this.#mostGroups ? Number.POSITIVE_INFINITY : this.#table.bytes
  }

  partial(): QueryPartial {
    this.reader.close()
    const { groups, bytes } = this.#table
    return { kind: 'groups', groups, bytes }
  }
}
