import { type Body, clearExpiry, type Expiry } from '../../../operation/body.ts'
import { invalidExpireTime, noPermission, notAnInteger, syntaxError, tooLong } from '../error-text.ts'
import { redisContentType } from '../exchange.ts'
import { bigintAt, integerAt, minInt64 } from '../integer-text.ts'
import { Shape, unexpected } from '../shape.ts'
import { type AskContext, mayRead } from './command.ts'
import { keyFault, valueFault } from './key-argument.ts'
import { expiryOf, isFault, milliseconds, positiveExpiry, readOptions, seconds } from './set-options.ts'
import {
  changedShape,
  integerShape,
  newValueShape,
  okShape,
  previousShape,
  recordIntegerShape,
  valueShape,
} from './shapes.ts'

const absent = { ifNoneMatch: '*' } as const
const present = { ifMatch: '*' } as const

export function get(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('value', valueShape, 0)
}

export function set(context: AskContext): string | undefined {
  const { args, server } = context
  const fault = keyFault(args, 1) ?? valueFault(server, args, 2)
  if (args.count === 3) return fault ?? context.askPut(okShape)
  const options = readOptions(args, 'set')
  if (options === undefined) return syntaxError
  const expiry = expiryOf(args, options, 'set')
  if (isFault(expiry)) return expiry
  if (fault !== undefined) return fault
  if (options.returnPrevious && (context.rights & mayRead) === 0) return noPermission('set')
  const condition = options.onlyIfAbsent ? absent : options.onlyIfPresent ? present : undefined
  return context.ask(
    {
      ...putBody(context, 1, 2, expiry),
      ...(condition === undefined ? {} : { condition, softCondition: true }),
      ...(options.returnPrevious ? { returnPrevious: true } : {}),
      ...(condition === undefined && !options.returnPrevious ? { blind: true } : {}),
    },
    options.returnPrevious ? previousShape : okShape,
  )
}

export function setnx(context: AskContext): string | undefined {
  const fault = keyFault(context.args, 1) ?? valueFault(context.server, context.args, 2)
  if (fault !== undefined) return fault
  return context.ask({ ...putBody(context, 1, 2, clearExpiry), condition: absent, softCondition: true }, changedShape)
}

export function setex(context: AskContext): string | undefined {
  return putWithTime(context, seconds, 'setex')
}

export function psetex(context: AskContext): string | undefined {
  return putWithTime(context, milliseconds, 'psetex')
}

export function getset(context: AskContext): string | undefined {
  const fault = keyFault(context.args, 1) ?? valueFault(context.server, context.args, 2)
  if (fault !== undefined) return fault
  return context.ask({ ...putBody(context, 1, 2, clearExpiry), returnPrevious: true }, previousShape)
}

export function getdel(context: AskContext): string | undefined {
  const fault = keyFault(context.args, 1)
  if (fault !== undefined) return fault
  return context.ask({ kind: 'delete', key: context.args.view(1), returnPrevious: true }, previousShape)
}

/** A time that is wrong is an error only if the key exists: Redis looks the key up first. */
export function getex(context: AskContext): string | undefined {
  const { args } = context
  const options = readOptions(args, 'getex')
  if (options === undefined) return syntaxError
  const fault = keyFault(args, 1)
  if (fault !== undefined) return fault
  if (options.unit === undefined && !options.persist) return context.askGet('value', valueShape, 0)
  const expiry = options.persist ? clearExpiry : expiryOf(args, options, 'getex')
  if (isFault(expiry)) {
    return context.askGet('meta', expiry === notAnInteger ? numberFaultShape : timeFaultShape, 0)
  }
  return context.ask(modify(context, { name: 'get-and-expire', expiry }), previousShape)
}

const numberFaultShape = faultIfPresent(notAnInteger)
const timeFaultShape = faultIfPresent(invalidExpireTime('getex'))

function faultIfPresent(text: string): Shape {
  return new Shape((out, reply) => {
    if (reply.kind !== 'record') return unexpected(out, reply)
    if (reply.record === undefined) out.nil()
    else out.error(text)
    return undefined
  })
}

export function append(context: AskContext): string | undefined {
  const fault = keyFault(context.args, 1) ?? valueFault(context.server, context.args, 2)
  if (fault !== undefined) return fault
  return context.ask(modify(context, { name: 'append', value: context.args.view(2) }), integerShape)
}

export function strlen(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('meta', lengthShape, 0)
}

const lengthShape = recordIntegerShape((record) => (record === undefined ? 0 : record.valueEnd - record.valueStart))

export function getrange(context: AskContext): string | undefined {
  const { args } = context
  const start = integerAt(args, 2)
  const end = integerAt(args, 3)
  if (start === undefined || end === undefined) return notAnInteger
  const fault = keyFault(args, 1)
  if (fault !== undefined) return fault
  const range = { start: Number(start), end: Number(end) }
  return context.ask({ kind: 'get', key: args.view(1), projection: 'value' }, rangeShape, 0, range)
}

const rangeShape = new Shape((out, reply, asked) => {
  if (reply.kind !== 'record') return unexpected(out, reply)
  const { record } = reply
  const { start, end } = asked.extra as { start: number; end: number }
  const length = record === undefined ? 0 : record.valueEnd - record.valueStart
  const from = start < 0 ? Math.max(0, length + start) : start
  const to = Math.min(length - 1, end < 0 ? Math.max(0, length + end) : end)
  if (record === undefined || from > to || (start < 0 && end < 0 && start > end)) out.bulkText('')
  else out.bulk(record.bytes, record.valueStart + from, record.valueStart + to + 1)
  return undefined
})

export function setrange(context: AskContext): string | undefined {
  const { args, server } = context
  const offset = integerAt(args, 2)
  if (offset === undefined) return notAnInteger
  if (offset < 0) return 'ERR offset is out of range'
  const fault = keyFault(args, 1)
  if (fault !== undefined) return fault
  const empty = args.length(3) === 0
  if (!empty && Number(offset) + args.length(3) > server.settings.maxValueBytes) return tooLong
  const change = { name: 'set-range', offset: empty ? 0 : Number(offset), value: args.view(3) } as const
  return context.ask(modify(context, change), integerShape)
}

export function incr(context: AskContext): string | undefined {
  return incrementBy(context, 1n)
}

export function decr(context: AskContext): string | undefined {
  return incrementBy(context, -1n)
}

export function incrby(context: AskContext): string | undefined {
  const by = bigintAt(context.args, 2)
  return by === undefined ? notAnInteger : incrementBy(context, by)
}

export function decrby(context: AskContext): string | undefined {
  const by = bigintAt(context.args, 2)
  if (by === undefined) return notAnInteger
  return by === minInt64 ? 'ERR decrement would overflow' : incrementBy(context, -by)
}

export function incrbyfloat(context: AskContext): string | undefined {
  const fault = keyFault(context.args, 1)
  if (fault !== undefined) return fault
  return context.ask(modify(context, { name: 'increment-float', by: context.args.text(2) }), newValueShape)
}

function incrementBy(context: AskContext, by: bigint): string | undefined {
  const fault = keyFault(context.args, 1)
  if (fault !== undefined) return fault
  return context.ask(modify(context, { name: 'increment', by }), integerShape)
}

function putWithTime(context: AskContext, unit: typeof seconds, command: string): string | undefined {
  const expiry = positiveExpiry(context.args, 2, unit, command)
  if (isFault(expiry)) return expiry
  const fault = keyFault(context.args, 1) ?? valueFault(context.server, context.args, 3)
  if (fault !== undefined) return fault
  return context.ask({ ...putBody(context, 1, 3, expiry), blind: true }, okShape)
}

function putBody(context: AskContext, key: number, value: number, expiry: Expiry) {
  return {
    kind: 'put',
    key: context.args.view(key),
    value: context.args.view(value),
    contentType: redisContentType,
    expiry,
    lease: 0,
  } as const
}

function modify(context: AskContext, change: Extract<Body, { kind: 'modify' }>['change']): Body {
  return { kind: 'modify', key: context.args.view(1), change }
}
