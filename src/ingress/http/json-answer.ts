import { isUtf8 } from 'node:buffer'
import { etagOf, type RecordView } from '../../operation/record.ts'
import type { MissingShard } from '../../operation/reply.ts'
import { formatToken, type Position } from '../../operation/token.ts'
import { isJsonType } from './content-type.ts'
import type { Exchange } from './exchange.ts'
import { maxTokenHeader } from './head-writer.ts'
import { problemJson } from './problem.ts'

/** Members of JSON texts, without braces. Texts are put together by hand: values are moved, not parsed and printed. */

export function keyMember(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length)
  return isUtf8(bytes) ? `"key":${JSON.stringify(bytes.toString('utf8'))}` : `"keyBase64":"${bytes.toString('base64')}"`
}

/** `value` for JSON that is what its type says, `valueBase64` for everything else. Without line ends (NDJSON). */
export function valueMember(record: RecordView): string {
  const bytes = Buffer.from(
    record.bytes.buffer,
    record.bytes.byteOffset + record.valueStart,
    record.valueEnd - record.valueStart,
  )
  const json = isJsonType(record.contentType) ? validJson(bytes) : undefined
  return json === undefined ? `"valueBase64":"${bytes.toString('base64')}"` : `"value":${json}`
}

function validJson(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8')
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
  const type = JSON.stringify(record.contentType)
  const about = `"bucket":${record.bucket},"etag":${JSON.stringify(etagOf(record))},"contentType":${type}`
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
