import { DecodedRecord, encodeHeader, headerBytes } from '../../src/stores/embedded/record-codec.ts'
import type { Micro } from './micro.ts'

const meta = {
  bucket: 617,
  epoch: 3,
  index: 123_456_789,
  sub: 0,
  expiresAtMs: 0,
  lease: 0,
  contentType: 'application/octet-stream',
}
const value = Buffer.alloc(128, 'x')

/** A stored record of 128 B: made from its parts, and read in place. */
export function recordCoding(): readonly Micro[] {
  const bytes = headerBytes(meta.expiresAtMs, meta.lease, meta.contentType) + value.length
  const stored = Buffer.alloc(bytes)
  value.copy(stored, encodeHeader(stored, 0, meta))
  const decoded = new DecodedRecord()
  const target = Buffer.alloc(bytes)
  return [
    {
      name: 'record-encoding',
      unit: 'record of 128 B',
      run: (times) => {
        let written = 0
        for (let i = 0; i < times; i++) written += value.copy(target, encodeHeader(target, 0, meta))
        return written
      },
    },
    {
      name: 'record-decoding',
      unit: 'record of 128 B',
      run: (times) => {
        let read = 0
        for (let i = 0; i < times; i++) read += decoded.decode(stored, 0, stored.length).valueStart
        return read
      },
    },
  ]
}
