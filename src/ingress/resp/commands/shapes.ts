import type { RecordView } from '../../../operation/record.ts'
import type { Reply } from '../../../operation/reply.ts'
import type { ReplyWriter } from '../reply-writer.ts'
import { type Asked, Shape, unexpected } from '../shape.ts'

/** The value of the record, or nil. */
export const valueShape = new Shape((out, reply) => {
  if (reply.kind !== 'record') return unexpected(out, reply)
  writeValue(out, reply.record)
  return undefined
})

/** OK, or nil if a condition did not hold. */
export const okShape = new Shape((out, reply) => {
  if (reply.kind !== 'written') return unexpected(out, reply)
  if (reply.status === 'refused') out.nil()
  else out.ok()
  return undefined
})

/** The value that was there before, or nil. */
export const previousShape = new Shape((out, reply) => {
  if (reply.kind !== 'written') return unexpected(out, reply)
  writeValue(out, reply.previous)
  return undefined
})

/** 1 if something was written, 0 if a condition did not hold or nothing was there to change. */
export const changedShape = new Shape((out, reply) => {
  if (reply.kind !== 'written') return unexpected(out, reply)
  const { status } = reply
  out.integer(status === 'refused' || status === 'absent' || status === 'unchanged' ? 0 : 1)
  return undefined
})

/** The integer a modification came to. */
export const integerShape = new Shape((out, reply) => {
  if (reply.kind !== 'written') return unexpected(out, reply)
  out.integer(reply.integer ?? 0)
  return undefined
})

/** The bytes a modification came to. */
export const newValueShape = new Shape((out, reply) => {
  if (reply.kind !== 'written' || reply.value === undefined) return unexpected(out, reply)
  out.bulk(reply.value)
  return undefined
})

export const countShape = new Shape((out, reply) => {
  if (reply.kind !== 'count') return unexpected(out, reply)
  out.integer(reply.count)
  return undefined
})

/** A shape that writes an integer made from the record. The time is not at hand here; see `expiry.ts`. */
export function recordIntegerShape(of: (record: RecordView | undefined, asked: Asked) => number): Shape {
  return new Shape((out, reply, asked) => {
    if (reply.kind !== 'record') return unexpected(out, reply)
    out.integer(of(reply.record, asked))
    return undefined
  })
}

export const valuesShape = new Shape((out: ReplyWriter, reply: Reply) => {
  if (reply.kind !== 'records') return unexpected(out, reply)
  out.array(reply.records.length)
  for (let i = 0; i < reply.records.length; i++) writeValue(out, reply.records[i])
  return undefined
})

export function writeValue(out: ReplyWriter, record: RecordView | undefined): void {
  if (record === undefined) out.nil()
  else out.bulk(record.bytes, record.valueStart, record.valueEnd)
}
