import type { FieldPath } from './field-path.ts'
import type { Json } from './json-value.ts'

/**
 * A parsed, validated query over JSON values (`POST /v1/query`). Plain data, so that it can be sent to another node.
 * Made only by `parseQuery`; what it means is described in `docs/query-language.md`.
 */
export interface Query {
  /** Only records whose key begins with these bytes; the ingress turns it into the operation's range. */
  readonly prefix: Uint8Array | undefined
  readonly where: Where | undefined
  readonly shape: RowsShape | GroupsShape
  /** Undefined where the client gave none: rows then end at 100, groups may not exceed 10,000. */
  readonly limit: number | undefined
  readonly offset: number
}

/** Answer with the records themselves. */
export interface RowsShape {
  readonly kind: 'rows'
  /** Undefined: the whole value. */
  readonly select: readonly FieldPath[] | undefined
  /** Ties, and everything if empty, go by key. */
  readonly orderBy: readonly OrderTerm[]
}

/** Answer with one entry for each combination of `groupBy`; exactly one entry if that is empty. */
export interface GroupsShape {
  readonly kind: 'groups'
  readonly groupBy: readonly FieldPath[]
  readonly aggregates: readonly Aggregate[]
  /** Ties, and everything if empty, go by the values grouped by. */
  readonly orderBy: readonly GroupOrderTerm[]
}

export interface OrderTerm {
  readonly path: FieldPath
  readonly descending: boolean
}

/** Orders groups by one of their values: the place in `groupBy` or in `aggregates`. */
export interface GroupOrderTerm {
  readonly by: 'group' | 'aggregate'
  readonly place: number
  readonly descending: boolean
}

export interface Aggregate {
  readonly name: string
  readonly kind: 'sum' | 'avg' | 'min' | 'max' | 'count'
  /** Undefined for `"*"`, which only `count` takes. */
  readonly path: FieldPath | undefined
}

export type Where =
  /** All of them hold ($and), any ($or), none ($nor, and every negation). */
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly Where[] }
  /** Some value found at the path passes the test. An empty path is the value itself, arrays not expanded. */
  | { readonly kind: 'field'; readonly path: FieldPath; readonly test: Test }

export type Comparison = 'less' | 'at-most' | 'greater' | 'at-least'

export type Test =
  | { readonly kind: 'equals'; readonly value: Json }
  | { readonly kind: Comparison; readonly value: Json }
  | { readonly kind: 'in'; readonly values: readonly Json[] }
  | { readonly kind: 'exists' }
  | { readonly kind: 'type'; readonly types: readonly TypeName[] }
  | { readonly kind: 'size'; readonly count: number }
  /** An array with an element that satisfies `where`. */
  | { readonly kind: 'element'; readonly where: Where; readonly objectsOnly: boolean }

/** MongoDB's names. A JSON number is `int` if it is whole and fits 32 bits, `long` if whole and larger, else `double`. */
export type TypeName = 'double' | 'string' | 'object' | 'array' | 'bool' | 'null' | 'int' | 'long' | 'number'

/** Rows a JSON answer holds if the query names no limit, and at most. */
export const defaultRows = 100
export const mostResults = 10_000

/**
 * What one shard contributes to a query's answer, as plain data; partials merge in any order and grouping
 * (`PartialMerger`). `bytes` estimates the memory it takes.
 */
export type QueryPartial = RowsPartial | GroupsPartial

export interface RowsPartial {
  readonly kind: 'rows'
  /** In the query's order, at most offset + limit of them. */
  readonly rows: readonly PartialRow[]
  readonly bytes: number
}

export interface PartialRow {
  readonly key: Uint8Array
  /** The values ordered by, in an encoding whose byte order is the query's order; empty without `orderBy`. */
  readonly sort: Uint8Array
  /** The row as JSON text. */
  readonly json: string
}

export interface GroupsPartial {
  readonly kind: 'groups'
  readonly groups: readonly PartialGroup[]
  readonly bytes: number
}

export interface PartialGroup {
  /** The values grouped by, in the order of `groupBy`; a missing field is null. */
  readonly by: readonly Json[]
  /** Counts and sums, laid out by `aggregateSlots`. */
  readonly numbers: number[]
  /** Minima and maxima so far, likewise; null where no value was seen. */
  readonly extremes: Json[]
}
