/** A parsed, validated query over JSON values (`POST /v1/query`). Made only by `parseQuery`. */
export interface Query {
  readonly where: unknown
}

/** What one shard contributes to a query's answer; partials merge in any order and grouping. */
export interface QueryPartial {
  readonly groups: unknown
}
