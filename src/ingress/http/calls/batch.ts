import { GatewayError } from '../../../errors.ts'
import { clearExpiry, type PointBody } from '../../../operation/body.ts'
import { etagOf } from '../../../operation/record.ts'
import type { BatchReply, Reply } from '../../../operation/reply.ts'
import { formatToken } from '../../../operation/token.ts'
import type { RequestHead } from '../codec/request-head.ts'
import { conditionOf } from '../conditions.ts'
import { defaultContentType, jsonContentType } from '../content-type.ts'
import type { Call, Exchange } from '../exchange.ts'
import { readIdempotency } from '../idempotency.ts'
import { keyMember } from '../json-answer.ts'
import { JsonFields, parseJson } from '../json-request.ts'
import { Parameters } from '../parameters.ts'
import { problemJson } from '../problem.ts'
import { readToken } from '../request-options.ts'
import { roomOf, SlicedJson } from '../sliced-json.ts'
import { statusOfWrite } from './write-record.ts'

/** `POST /v1/batch`. */
export const batch: Call = {
  kind: 'batch',
  role: 'write',
  concurrent: false,
  bodyLimit: ({ maxRequestBytes }) => maxRequestBytes,
  timeout: ({ timeoutMs }) => timeoutMs,
  run,
  reply: answer,
}

const putMembers = ['op', 'key', 'keyBase64', 'value', 'valueBase64', 'contentType', 'ifMatch', 'ifNoneMatch']
const getMembers = ['op', 'key', 'keyBase64']
const deleteMembers = ['op', 'key', 'keyBase64', 'ifMatch', 'ifNoneMatch']
const typePattern = /^[\x20-\x7e\x80-\xff]{1,255}$/

function run(exchange: Exchange, head: RequestHead, body: Buffer): void {
  const { settings } = exchange.context
  new Parameters(head, [])
  const request = new JsonFields(parseJson(body), 'The body', ['ops', 'atomic', 'token'])
  const ops = request.array('ops')
  const atomic = request.boolean('atomic') ?? false
  const token = request.string('token')
  if (ops.length === 0) throw request.wrong('ops', 'is empty')
  if (ops.length > settings.maxBatchOps) {
    throw new GatewayError('too-large', `A batch has at most ${settings.maxBatchOps} operations.`)
  }
  const operations = ops.map((op, i) => parseOperation(op, `ops[${i}]`, settings.maxValueBytes))
  const reads = operations.reduce((count, { kind }) => (kind === 'get' ? count + 1 : count), 0)
  if (reads > 0 && !exchange.operation.client.roles.has('read')) {
    throw new GatewayError('forbidden', 'A batch that reads needs the role "read" too.')
  }
  if (token !== undefined) exchange.operation.token = readToken(token)
  readIdempotency(exchange, head, body)
  const go = (): void => exchange.dispatch({ kind: 'batch', operations, atomic, abortOnFailure: atomic })
  if (reads === 0) go()
  // Twice: what was parsed, and the body that it was parsed from.
  else exchange.withRoom(roomOf(reads, settings.maxValueBytes), 2 * body.length, go)
}

function parseOperation(op: unknown, place: string, maxValueBytes: number): PointBody {
  const name = typeof op === 'object' && op !== null && Object.hasOwn(op, 'op') ? (op as { op: unknown }).op : undefined
  if (name === 'get') {
    return { kind: 'get', key: new JsonFields(op, place, getMembers).key(), projection: 'value' }
  }
  if (name === 'delete') {
    const fields = new JsonFields(op, place, deleteMembers)
    const condition = conditionOf(fields.string('ifMatch'), fields.string('ifNoneMatch'))
    return { kind: 'delete', key: fields.key(), ...(condition === undefined ? {} : { condition }) }
  }
  if (name !== 'put') throw new GatewayError('malformed', `${place}.op must be "put", "get" or "delete".`)
  const fields = new JsonFields(op, place, putMembers)
  const condition = conditionOf(fields.string('ifMatch'), fields.string('ifNoneMatch'))
  const { value, contentType } = parseValue(fields)
  if (value.length > maxValueBytes) {
    throw new GatewayError('too-large', `The value of ${place} is larger than limits.maxValue allows.`)
  }
  return {
    kind: 'put',
    key: fields.key(),
    value,
    contentType,
    expiry: clearExpiry,
    lease: 0,
    ...(condition === undefined ? {} : { condition }),
  }
}

function parseValue(fields: JsonFields): { readonly value: Buffer; readonly contentType: string } {
  const contentType = fields.string('contentType')
  const bytes = fields.base64('valueBase64')
  if (fields.has('value') === (bytes !== undefined)) throw fields.wrong('value', 'or else valueBase64 must be there')
  if (bytes === undefined) {
    if (contentType !== undefined) throw fields.wrong('contentType', 'goes with valueBase64; a value is JSON')
    return { value: jsonBytes(fields), contentType: jsonContentType }
  }
  if (contentType !== undefined && !typePattern.test(contentType)) {
    throw fields.wrong('contentType', 'must have 1 to 255 characters and no control character')
  }
  return { value: bytes, contentType: contentType ?? defaultContentType }
}

function jsonBytes(fields: JsonFields): Buffer {
  try {
    return Buffer.from(JSON.stringify(fields.any('value')))
  } catch {
    throw fields.wrong('value', 'is nested too deeply')
  }
}

function answer(exchange: Exchange, reply: Reply): void {
  const { body } = exchange.operation
  if (reply.kind !== 'batch' || body.kind !== 'batch') throw new Error(`a batch was answered with ${reply.kind}`)
  exchange.replayed = reply.replayed
  const json = new SlicedJson(exchange, reply.positions)
  body.operations.forEach((operation, i) => {
    json.text(i === 0 ? '{"results":[' : ',')
    writeResult(json, operation, reply.results[i], exchange.repeatable)
  })
  json.text(`],"token":"${formatToken(reply.positions)}"}\n`)
  json.send()
}

const absent = new GatewayError('not-found', 'No record has this key.', { outcome: 'not-applied' })

function writeResult(
  json: SlicedJson,
  operation: PointBody,
  result: BatchReply['results'][number] | undefined,
  repeatable: boolean,
): void {
  if (result === undefined) throw new Error('a batch was answered with too few results')
  const key = keyMember(operation.key)
  const scene = { write: operation.kind !== 'get', repeatable }
  const failed = (error: GatewayError): void =>
    json.text(`{"status":${error.spec.status},${key},"error":${problemJson(error, scene)}}`)
  if (result instanceof GatewayError) return failed(result)
  if (result.kind === 'written') {
    const status = statusOfWrite(result)
    if (status === 404) return failed(absent)
    const etag = result.version === undefined ? '' : `,"etag":${JSON.stringify(etagOf(result.version))}`
    return json.text(`{"status":${status},${key}${etag}}`)
  }
  const { record } = result
  if (record === undefined) return failed(absent)
  const type = JSON.stringify(record.contentType)
  json.text(`{"status":200,${key},"etag":${JSON.stringify(etagOf(record))},"contentType":${type},`)
  json.value(record)
  json.text('}')
}
