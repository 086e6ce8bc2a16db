import { encodeCursor, type ScanQuery } from '../../../operation/cursor.ts'
import { rangeAfter, rangeOf } from '../../../operation/key-range.ts'
import type { Reply, ScanEntry } from '../../../operation/reply.ts'
import { wantsLines } from '../accept.ts'
import type { RequestHead } from '../codec/request-head.ts'
import type { Call, Exchange } from '../exchange.ts'
import { partialMembers, recordJson, recordOpening, writeJson } from '../json-answer.ts'
import { pageLimits } from '../page-limits.ts'
import { Parameters } from '../parameters.ts'
import { isSmallAnswer, roomOf, SlicedJson } from '../sliced-json.ts'
import { ScanStream } from './scan-stream.ts'

const maxPageBytes = 8 * 1024 * 1024

/** `GET /v1/records`: a page of records, or all of them as a stream of lines. */
export const scan: Call = {
  kind: 'scan',
  role: 'read',
  concurrent: false,
  bodyLimit: ({ maxRequestBytes }) => maxRequestBytes,
  timeout: ({ queryTimeoutMs }) => queryTimeoutMs,
  run,
  reply: answerPage,
}

function run(exchange: Exchange, head: RequestHead): void {
  const parameters = new Parameters(head, ['prefix', 'start', 'end', 'limit', 'order', 'cursor', 'values'])
  const [prefix, start, end] = ['prefix', 'start', 'end'].map((name) => parameters.key(name))
  const order = parameters.oneOf('order', ['asc', 'desc']) ?? 'asc'
  const values = (parameters.oneOf('values', ['true', 'false']) ?? 'true') === 'true'
  const lines = wantsLines(head)
  const limit = parameters.whole('limit', 1, lines ? Number.MAX_SAFE_INTEGER : pageLimits.most)
  const query: ScanQuery = { range: rangeOf({ prefix, start, end }), order, values }
  const after = parameters.cursor(exchange.context.secret, query)
  if (lines) {
    new ScanStream(exchange, query, after, limit ?? Number.POSITIVE_INFINITY).begin()
    return
  }
  exchange.scan = query
  const records = limit ?? pageLimits.usual
  const room = roomOf(records, values ? exchange.context.settings.maxValueBytes : 0)
  exchange.withRoom(room, head.length, () => {
    exchange.dispatch({
      kind: 'scan',
      range: after === undefined ? query.range : rangeAfter(query.range, order, after),
      order,
      limit: records,
      maxBytes: maxPageBytes,
      values,
    })
  })
}

function answerPage(exchange: Exchange, reply: Reply): void {
  const query = exchange.scan
  if (reply.kind !== 'page' || query === undefined) throw new Error(`a scan was answered with ${reply.kind}`)
  const { entries, more, positions, missing } = reply
  const { values } = query
  const last = entries.at(-1)
  const cursor =
    more && last !== undefined ? `,"cursor":"${encodeCursor(exchange.context.secret, query, last.key)}"` : ''
  const rest = `]${cursor}${partialMembers(positions, missing)}`
  if (isSmallAnswer(entries.length, values ? bytesIn(entries) : 0)) {
    let records = ''
    for (const { key, record, size } of entries) {
      records += `${records === '' ? '' : ','}${recordJson(key, record, size, values)}`
    }
    writeJson(exchange, 200, positions, `{"records":[${records}${rest}}`)
    return
  }
  const json = new SlicedJson(exchange, positions)
  json.text('{"records":[')
  entries.forEach(({ key, record, size }, i) => {
    json.text(() => `${i === 0 ? '' : ','}${recordOpening(key, record, size)}${values ? ',' : '}'}`)
    if (!values) return
    json.value(record)
    json.text('}')
  })
  json.text(rest)
  json.close()
  json.send()
}

function bytesIn(entries: readonly ScanEntry[]): number {
  let bytes = 0
  for (const { record } of entries) bytes += record.valueEnd - record.valueStart
  return bytes
}
