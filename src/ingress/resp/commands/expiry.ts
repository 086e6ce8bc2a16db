import type { Body, Modification } from '../../../operation/body.ts'
import type { RecordView } from '../../../operation/record.ts'
import type { Arguments } from '../arguments.ts'
import type { AskContext } from './command.ts'
import { keyFault } from './key-argument.ts'
import { anyExpiry, atMilliseconds, atSeconds, type ExpiryUnit, isFault, milliseconds, seconds } from './set-options.ts'
import { changedShape, recordIntegerShape } from './shapes.ts'

export const expire = expireCommand('expire', seconds)
export const pexpire = expireCommand('pexpire', milliseconds)
export const expireat = expireCommand('expireat', atSeconds)
export const pexpireat = expireCommand('pexpireat', atMilliseconds)

function expireCommand(name: string, unit: ExpiryUnit): (context: AskContext) => string | undefined {
  return (context) => {
    const { args } = context
    const only = readConditions(args)
    if (typeof only === 'string') return only
    const expiry = anyExpiry(args, 2, unit, name)
    if (isFault(expiry)) return expiry
    const fault = keyFault(args, 1)
    if (fault !== undefined) return fault
    return context.ask(modify(args, { name: 'expire', expiry, ...only }), changedShape)
  }
}

type Only = { readonly only?: NonNullable<Extract<Modification, { name: 'expire' }>['only']> }

/** The options NX, XX, GT and LT, or the text of an error. */
function readConditions(args: Arguments): Only | string {
  const seen = { nx: false, xx: false, gt: false, lt: false }
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'nx')) seen.nx = true
    else if (args.is(i, 'xx')) seen.xx = true
    else if (args.is(i, 'gt')) seen.gt = true
    else if (args.is(i, 'lt')) seen.lt = true
    else return `ERR Unsupported option ${args.cText(i).replace(/[\r\n]+$/, '')}`
  }
  if (seen.nx && (seen.xx || seen.gt || seen.lt)) {
    return 'ERR NX and XX, GT or LT options at the same time are not compatible'
  }
  if (seen.gt && seen.lt) return 'ERR GT and LT options at the same time are not compatible'
  if (seen.nx) return { only: 'nx' }
  // What has no expiry is never below a new one, so XX adds nothing to GT.
  if (seen.gt) return { only: 'gt' }
  if (seen.lt) return { only: seen.xx ? 'xx-lt' : 'lt' }
  return seen.xx ? { only: 'xx' } : {}
}

export function persist(context: AskContext): string | undefined {
  const fault = keyFault(context.args, 1)
  return fault ?? context.ask(modify(context.args, { name: 'persist' }), changedShape)
}

export function ttl(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('meta', ttlShape, wallMs(context))
}

export function pttl(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('meta', pttlShape, wallMs(context))
}

export function expiretime(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('meta', expiretimeShape, 0)
}

export function pexpiretime(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('meta', pexpiretimeShape, 0)
}

/** The time the command was read, in milliseconds since the epoch; kept as the exchange's detail. */
function wallMs({ server }: AskContext): number {
  return server.runtime.clock.wallMs()
}

const ttlShape = recordIntegerShape((record, { detail }) => roundToSeconds(remaining(record, detail)))
const pttlShape = recordIntegerShape((record, { detail }) => remaining(record, detail))
const expiretimeShape = recordIntegerShape((record) => roundToSeconds(remaining(record, 0)))
const pexpiretimeShape = recordIntegerShape((record) => remaining(record, 0))

/** -2 without a record, -1 without an expiry, else milliseconds from `sinceMs` to it, not below 0. */
function remaining(record: RecordView | undefined, sinceMs: number): number {
  if (record === undefined) return -2
  return record.expiresAtMs === 0 ? -1 : Math.max(0, record.expiresAtMs - sinceMs)
}

function roundToSeconds(ms: number): number {
  return ms < 0 ? ms : Math.floor((ms + 500) / 1000)
}

function modify(args: Arguments, change: Modification): Body {
  return { kind: 'modify', key: args.view(1), change }
}
