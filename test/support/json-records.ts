import type { RecordView } from '../../src/operation/record.ts'

/** A record as a store hands it out: a view into a larger buffer, with bytes before and after that must not show. */
export function recordOf(value: Uint8Array | string, contentType = 'application/json'): RecordView {
  const bytes = Buffer.concat([Buffer.from('[{"'), Buffer.from(value), Buffer.from('"}]')])
  return {
    bytes,
    valueStart: 3,
    valueEnd: bytes.length - 3,
    bucket: 1,
    expiresAtMs: 0,
    lease: 0,
    contentType,
    epoch: 1,
    index: 1,
    sub: 0,
  }
}

export function jsonRecord(value: unknown): RecordView {
  return recordOf(JSON.stringify(value))
}
