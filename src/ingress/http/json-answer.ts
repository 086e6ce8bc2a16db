import { isUtf8 } from 'node:buffer'
import { hasTooManyParts } from '../../operation/query/json-shape.ts'
import { etagOf, type RecordView } from '../../operation/record.ts'
import type { MissingShard } from '../../operation/reply.ts'
import { formatToken, type Position } from '../../operation/token.ts'
import { isJsonType, jsonFactsOf } from './content-type.ts'
import type { Exchange } from './exchange.ts'
import { maxTokenHeader } from './head-writer.ts'
import { problemJson } from './problem.ts'

/** Members of JSON texts, without braces. Texts are put together by hand: values are moved, not parsed and printed. */

/** Text that stands in JSON as it is, without escapes. */
const plain = /^[ !#-[\]-~]*$/

export function keyMember(key: Uint8Array): string {
  const bytes = bufferOf(key)
  const text = bytes.latin1Slice()
  if (plain.test(text)) return `"key":"${text}"`
  return isUtf8(bytes) ? `"key":${JSON.stringify(bytes.utf8Slice())}` : `"keyBase64":"${bytes.base64Slice()}"`
}

/** `value` for JSON that is what its type says, `valueBase64` for everything else. Without line ends (NDJSON). */
export function valueMember({ bytes, valueStart, valueEnd, contentType }: RecordView): string {
  const buffer = bufferOf(bytes)
  const json = isJsonType(contentType) ? validJson(part(buffer, valueStart, valueEnd)) : undefined
  return json === undefined ? `"valueBase64":"${buffer.base64Slice(valueStart, valueEnd)}"` : `"value":${json}`
}

/** The same bytes; a view is made only of what is no Buffer already. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Of what is the whole already no view is made either. */
function part(bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
}

function validJson(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes) || hasTooManyParts(bytes, 0, bytes.length)) return undefined
  const text = bytes.utf8Slice()
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  // Between the tokens of valid JSON a line end is white space; within them it cannot be.
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text
}

/** One record of a page or a stream. */
export function recordJson(key: Uint8Array, record: RecordView, size: number, values: boolean): string {
  return `${recordOpening(key, record, size)}${values ? `,${valueMember(record)}` : ''}}`
}

/** The same up to the value. */
export function recordOpening(key: Uint8Array, record: RecordView, size: number): string {
  const expires = record.expiresAtMs === 0 ? '' : `,"expires":"${new Date(record.expiresAtMs).toISOString()}"`
  const lease = record.lease === 0 ? '' : `,"lease":${record.lease}`
  const type = jsonFactsOf(record.contentType).text
  // An entity tag is quotes around digits, letters and hyphens.
  const etag = etagOf(record).slice(1, -1)
  const about = `"bucket":${record.bucket},"etag":"\\"${etag}\\"","contentType":${type}`
  return `{${keyMember(key)},${about},"size":${size}${expires}${lease}`
}

/** What a partial answer says of its shards; empty for a whole one. Begins with a comma. */
export function partialMembers(positions: readonly Position[], missing: readonly MissingShard[] | undefined): string {
  if (missing === undefined || missing.length === 0) return ''
  const there = positions.map(({ shard }) => `{"shard":${shard},"ok":true}`)
  const gone = missing.map(({ shard, error }) => {
    const problem = problemJson(error, { write: false, repeatable: false })
    return `{"shard":${shard},"ok":false,"error":${problem}}`
  })
  return `,"partial":true,"shards":[${[...there, ...gone].join(',')}]`
}

/** Answers with a JSON object on a line, and with the token in it if the header has no room for it. */
export function writeJson(
  exchange: Exchange,
  status: number,
  positions: readonly Position[],
  json: string,
  describe?: () => void,
): void {
  const { heads } = exchange.context
  const outbox = exchange.open()
  heads.begin(outbox, status, exchange.closes)
  const tokenFits = heads.positions(positions)
  const text = tokenFits ? json : `${json.slice(0, -1)},"token":"${formatToken(positions)}"}`
  const body = Buffer.from(`${text}\n`, 'utf8')
  if (exchange.replayed) heads.line('Headgate-Replayed', 'true')
  describe?.()
  heads.contentType('application/json')
  heads.contentLength(body.length)
  heads.end()
  if (!exchange.headOnly) outbox.owned(body)
  exchange.complete(status)
}

/** Whether the token of these positions does not fit a header. */
export function tokenIsLong(positions: readonly Position[]): boolean {
  return positions.length > 100 && formatToken(positions).length > maxTokenHeader
}
