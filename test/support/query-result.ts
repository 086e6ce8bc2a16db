import { finishQuery } from '../../src/operation/query/finish.ts'
import type { Query, QueryPartial } from '../../src/operation/query/query.ts'

/** The answer as a client sees it. */
export function queryResult(query: Query, partial: QueryPartial): Record<string, unknown[]> {
  const { kind, count, text } = finishQuery(query, partial)
  return { [kind]: Array.from({ length: count }, (_, i) => JSON.parse(text(i)) as unknown) }
}
