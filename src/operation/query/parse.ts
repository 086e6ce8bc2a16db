import type { GatewayError } from '../../errors.ts'
import { isObject, type Json, type JsonObject } from './json-value.ts'
import { queryLimits } from './limits.ts'
import { parseWhole } from './parse-path.ts'
import { parseShape } from './parse-shape.ts'
import { WhereParser } from './parse-where.ts'
import { mostResults, type Query } from './query.ts'
import { fault, QueryFault, shown } from './query-fault.ts'

/** `token` belongs to the request, not to the query. */
const members = new Set([
  ...['prefix', 'prefixBase64', 'where', 'orderBy', 'limit', 'offset', 'select', 'aggregate', 'groupBy', 'token'],
])

/**
 * The query that the JSON body of `POST /v1/query` stands for, or `unsupported-operator` (naming it) or `bad-query`
 * (saying where). `input` is what `JSON.parse` answered.
 */
export function parseQuery(input: unknown): Query | GatewayError {
  try {
    if (!isObject(input as Json)) throw fault('query', 'must be a JSON object')
    return parse(input as JsonObject)
  } catch (error) {
    if (error instanceof QueryFault) return error.toGatewayError()
    throw error
  }
}

function parse(input: JsonObject): Query {
  for (const name of Object.keys(input)) {
    if (!members.has(name)) throw fault('query', `unknown member ${shown(name)}`)
  }
  const { where, limit, offset } = input as { where?: Json; limit?: Json; offset?: Json }
  return {
    prefix: parsePrefix(input['prefix'], input['prefixBase64']),
    where: where === undefined ? undefined : new WhereParser().parse(where, 'where'),
    shape: parseShape(input),
    limit: limit === undefined ? undefined : parseWhole(limit, 1, mostResults, 'limit'),
    offset: offset === undefined ? 0 : parseWhole(offset, 0, queryLimits.offset, 'offset'),
  }
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function parsePrefix(text: Json | undefined, base64: Json | undefined): Uint8Array | undefined {
  if (text !== undefined && base64 !== undefined) throw fault('prefixBase64', 'does not go with prefix')
  const input = text ?? base64
  if (input === undefined) return undefined
  const place = text === undefined ? 'prefixBase64' : 'prefix'
  if (typeof input !== 'string') throw fault(place, 'must be a string')
  if (text === undefined && !base64Pattern.test(input)) throw fault(place, 'is not base64')
  const bytes = Buffer.from(input, text === undefined ? 'base64' : 'utf8')
  if (bytes.length > queryLimits.prefixBytes) throw fault(place, `longer than ${queryLimits.prefixBytes} bytes`)
  return bytes.length === 0 ? undefined : bytes
}
