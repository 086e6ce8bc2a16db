import { GatewayError } from '../../../errors.ts'
import type { Watch } from '../../../operation/body.ts'
import type { RecordView } from '../../../operation/record.ts'
import { sameVersion } from '../../../operation/record.ts'
import type { Reply } from '../../../operation/reply.ts'
import { copyBytes } from '../arguments.ts'
import { execAborted } from '../error-text.ts'
import type { Session } from '../session.ts'
import { Shape, unexpected } from '../shape.ts'
import { Transaction } from '../transaction.ts'
import { type Collected, collect } from './collected.ts'
import type { ControlContext, LocalContext } from './command.ts'
import { keysFault } from './key-argument.ts'

export function multi(context: ControlContext): string | undefined {
  const { session, server } = context
  if (session.transaction !== undefined) return 'ERR MULTI calls can not be nested'
  session.transaction = new Transaction(server.settings.maxBatchOps, server.settings.maxRequestBytes, server.budget)
  return ok(context)
}

export function discard(context: ControlContext): string | undefined {
  const { session } = context
  if (session.transaction === undefined) return 'ERR DISCARD without MULTI'
  session.endTransaction()
  return ok(context)
}

/** Executed like a queued command inside a transaction: by then EXEC has dropped the watches anyway. */
export function unwatch({ session, out }: LocalContext): undefined {
  session.unwatch()
  out.ok()
}

/** Remembers the versions of keys; the reply waits for them, and so does everything after it. */
export function watch(context: ControlContext): string | undefined {
  const { args, session, server } = context
  if (session.transaction !== undefined) return 'ERR WATCH inside MULTI is not allowed'
  const fault = keysFault(args, 1, 1)
  if (fault !== undefined) return fault
  const known = new Set(session.watches.map(({ key }) => textOf(key)))
  const keys: Uint8Array[] = []
  for (let i = 1; i < args.count; i++) {
    if (known.has(args.text(i))) continue
    known.add(args.text(i))
    keys.push(copyBytes(args.view(i)))
  }
  const limit = server.settings.maxBatchOps
  if (known.size > limit) return `ERR ${known.size} watched keys exceed limits.maxBatchOps (${limit})`
  if (keys.length === 0) return ok(context)
  const asked: Watching = { session, keys }
  if (keys.length === 1) return context.ask({ kind: 'get', key: keys[0]!, projection: 'meta' }, watchShape, 0, asked)
  return context.ask({ kind: 'get-many', keys }, watchShape, 0, asked)
}

interface Watching {
  readonly session: Session
  readonly keys: readonly Uint8Array[]
}

const noMemory = new GatewayError('overloaded', 'All connections together watch, queue and receive too much already.', {
  reason: 'backlog',
  retryAfterMs: 1000,
})

const watchShape = new Shape((out, reply, { extra }) => {
  const records = recordsOf(reply)
  if (records === undefined) return unexpected(out, reply)
  const { session, keys } = extra as Watching
  const watches = keys.map((key, i) => {
    const record = records[i]
    return { key, version: record && { epoch: record.epoch, index: record.index, sub: record.sub } }
  })
  if (!session.watch(watches)) return noMemory
  out.ok()
  return undefined
})

export function exec(context: ControlContext): string | undefined {
  const { session } = context
  const { transaction, watches } = session
  if (transaction === undefined) return 'ERR EXEC without MULTI'
  const collected = transaction.broken ? undefined : collect(transaction, context)
  session.endTransaction()
  if (collected === undefined) return execAborted
  const { operations } = collected
  if (operations.length > 0) {
    if (operations.length > context.server.settings.maxBatchOps) {
      return `ERR ${operations.length} operations exceed limits.maxBatchOps (${context.server.settings.maxBatchOps})`
    }
    const body = { kind: 'batch', operations, atomic: true, abortOnFailure: false } as const
    return context.ask(watches.length === 0 ? body : { ...body, watches }, execShape, 0, collected)
  }
  if (watches.length > 0) {
    const keys = watches.map(({ key }) => key)
    return context.ask({ kind: 'get-many', keys }, watchOnlyShape, 0, { collected, watches } satisfies WatchedNothing)
  }
  context.begin()
  collected.write(context.out, [])
  context.end()
  return undefined
}

const execShape = new Shape((out, reply, { extra }) => {
  if (reply.kind !== 'batch') return unexpected(out, reply)
  if (reply.watchFailed) out.nilArray()
  else (extra as Collected).write(out, reply.results)
  return undefined
})

/** A transaction without a single operation still depends on its watches. */
interface WatchedNothing {
  readonly collected: Collected
  readonly watches: readonly Watch[]
}

const watchOnlyShape = new Shape((out, reply, { extra }) => {
  const records = recordsOf(reply)
  if (records === undefined) return unexpected(out, reply)
  const { collected, watches } = extra as WatchedNothing
  if (watches.every(({ version }, i) => unchanged(version, records[i]))) collected.write(out, [])
  else out.nilArray()
  return undefined
})

function unchanged(version: Watch['version'], record: RecordView | undefined): boolean {
  if (version === undefined || record === undefined) return version === record
  return sameVersion(version, record)
}

function recordsOf(reply: Reply): readonly (RecordView | undefined)[] | undefined {
  if (reply.kind === 'record') return [reply.record]
  return reply.kind === 'records' ? reply.records : undefined
}

function ok(context: ControlContext): undefined {
  context.begin()
  context.out.ok()
  context.end()
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).latin1Slice()
}
