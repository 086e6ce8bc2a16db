import { GatewayError } from '../../errors.ts'
import { mostPartsOfValue } from './json-shape.ts'
import { defaultRows, mostResults, type Query } from './query.ts'
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

export const tooDeep = new GatewayError(
  'result-too-large',
  'A stored value that the query has to look into is nested too deeply; leave it out by prefix or condition',
)

export const tooManySteps = new GatewayError(
  'result-too-large',
  `Looking into one of the stored values takes more than ${mostSteps.toLocaleString('en')} steps; ` +
    'ask with fewer conditions, or leave the value out by prefix',
)

export const tooManyParts = new GatewayError(
  'result-too-large',
  `A stored value that the query has to look into has more than ${mostPartsOfValue.toLocaleString('en')} arrays and objects; ` +
    'leave it out by prefix',
)
