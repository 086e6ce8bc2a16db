import { GatewayError } from '../../errors.ts'
import { mostPartsOfValue } from './json-shape.ts'
import { defaultRows, mostResults, type Query } from './query.ts'
import { shown } from './query-fault.ts'
import { mostSteps } from './steps.ts'

/** How many rows a shard contributes at most, and how many a merged answer needs. */
export function rowsNeeded(query: Query): number {
  return query.offset + (query.limit ?? defaultRows)
}

/** Without a limit the client expects every group, so that more than an answer can hold are refused, not cut off. */
export function mostGroups(query: Query): number {
  return query.limit === undefined ? mostResults : Number.POSITIVE_INFINITY
}

export function tooLarge(query: Query, budgetBytes: number): GatewayError {
  const groups = query.limit === undefined && query.shape.kind === 'groups' ? ` or ${mostResults} groups` : ''
  return new GatewayError(
    'result-too-large',
    `The result takes more than ${budgetBytes} bytes${groups}; narrow the query, or name fields and a limit`,
  )
}

/** Why a stored value makes a query refused. */
const refusals = {
  deep: 'is nested too deeply for what the query asks of it; leave it out by condition, or by prefix',
  parts: `has more than ${mostPartsOfValue} arrays and objects, more than a query parses; leave it out by prefix`,
  steps: `takes the query more than ${mostSteps} steps, or two for each of its bytes; ask with fewer conditions, or leave it out by prefix`,
} as const

/**
 * A value that the query has to look into and cannot; `key` says which, so that it can be mended or left out. Where parts
 * of answers are put together it is not known.
 */
export function refusedFor(why: keyof typeof refusals, key?: Uint8Array): GatewayError {
  const value = key === undefined ? 'One of the stored values' : `The value of ${shown(Buffer.from(key).toString())}`
  return new GatewayError('result-too-large', `${value} ${refusals[why]}`)
}
