import type { GatewayError } from '../../src/errors.ts'
import { PartialMerger } from '../../src/operation/query/merge-partials.ts'
import type { Query, QueryPartial } from '../../src/operation/query/query.ts'

/** The merge of all partials at once, or `result-too-large`. */
export function mergePartials(
  query: Query,
  partials: readonly QueryPartial[],
  budgetBytes = Number.POSITIVE_INFINITY,
): QueryPartial | GatewayError {
  const merger = new PartialMerger(query, budgetBytes)
  for (const partial of partials) {
    const error = merger.add(partial)
    if (error !== undefined) return error
  }
  return merger.partial()
}
