import { GatewayError } from '../../../errors.ts'
import type { BatchBody, PutBody } from '../../../operation/body.ts'
import { clearExpiry } from '../../../operation/body.ts'
import { wrongArity } from '../error-text.ts'
import { redisContentType } from '../exchange.ts'
import { Shape, unexpected } from '../shape.ts'
import type { AskContext, QueueContext } from './command.ts'
import { keyFault, keysFault, valueFault, viewsFrom } from './key-argument.ts'
import { changedShape, countShape, recordIntegerShape, valuesShape } from './shapes.ts'

/** DEL and UNLINK. */
export function del(context: AskContext): string | undefined {
  const { args } = context
  const fault = keysFault(args, 1, 1)
  if (fault !== undefined) return fault
  if (args.count === 2) return context.ask({ kind: 'delete', key: args.view(1) }, changedShape)
  return context.ask({ kind: 'delete-many', keys: viewsFrom(args, 1, 1) }, countShape)
}

/** EXISTS and TOUCH. */
export function exists(context: AskContext): string | undefined {
  const { args } = context
  const fault = keysFault(args, 1, 1)
  if (fault !== undefined) return fault
  if (args.count === 2) return context.askGet('meta', presentShape, 0)
  return context.ask({ kind: 'exists-many', keys: viewsFrom(args, 1, 1) }, countShape)
}

const presentShape = recordIntegerShape((record) => (record === undefined ? 0 : 1))

export function type(context: AskContext): string | undefined {
  return keyFault(context.args, 1) ?? context.askGet('meta', typeShape, 0)
}

const typeShape = new Shape((out, reply) => {
  if (reply.kind !== 'record') return unexpected(out, reply)
  out.status(reply.record === undefined ? 'none' : 'string')
  return undefined
})

export function mget(context: AskContext): string | undefined {
  const fault = keysFault(context.args, 1, 1)
  if (fault !== undefined) return fault
  return context.ask({ kind: 'get-many', keys: viewsFrom(context.args, 1, 1) }, valuesShape)
}

export function mset(context: AskContext): string | undefined {
  const fault = pairsFault(context, 'mset')
  if (fault !== undefined) return fault
  if (context.args.count === 3) return context.askPut(msetShape)
  const operations: PutBody[] = []
  for (let i = 1; i < context.args.count; i += 2) operations.push({ ...pairAt(context, i), blind: true })
  return context.ask(batchOf(operations, !context.server.settings.splitMset, true), msetShape)
}

/** One key has its reply at once; of a split MSET the first part that failed is reported. */
const msetShape = new Shape((out, reply) => {
  if (reply.kind === 'written') {
    out.ok()
    return undefined
  }
  if (reply.kind !== 'batch') return unexpected(out, reply)
  const failure = reply.results.find((result) => result instanceof GatewayError)
  if (failure instanceof GatewayError) return failure
  out.ok()
  return undefined
})

/** All or nothing. Of a key named twice only the last value counts, so that the first does not stand in its way. */
export function msetnx(context: AskContext): string | undefined {
  const fault = pairsFault(context, 'msetnx')
  if (fault !== undefined) return fault
  const { args } = context
  const last = new Map<string, number>()
  for (let i = 1; i < args.count; i += 2) last.set(args.text(i), i)
  const operations: PutBody[] = []
  for (const at of last.values()) operations.push({ ...pairAt(context, at), condition: { ifNoneMatch: '*' } })
  if (operations.length === 1) return context.ask({ ...operations[0]!, softCondition: true }, changedShape)
  return context.ask(batchOf(operations, true, true), msetnxShape)
}

const msetnxShape = new Shape(
  (out, reply) => {
    if (reply.kind !== 'batch') return unexpected(out, reply)
    out.integer(1)
    return undefined
  },
  (out, error) => {
    if (error.code !== 'precondition-failed') return false
    out.integer(0)
    return true
  },
)

/** A transaction goes on after a command that failed, so it cannot hold one that is itself all or nothing. */
export function msetnxQueueFault({ args }: QueueContext): string | undefined {
  return args.count > 3 && args.count % 2 === 1
    ? 'ERR MSETNX of several keys cannot be queued in a transaction'
    : undefined
}

function pairsFault(context: AskContext, command: string): string | undefined {
  const { args, server } = context
  if (args.count % 2 === 0) return wrongArity(command)
  const pairs = (args.count - 1) / 2
  const { maxBatchOps } = server.settings
  if (pairs > maxBatchOps) return `ERR ${pairs} pairs exceed limits.maxBatchOps (${maxBatchOps})`
  for (let i = 1; i < args.count; i += 2) {
    const fault = keyFault(args, i) ?? valueFault(server, args, i + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function pairAt({ args }: AskContext, at: number): PutBody {
  return {
    kind: 'put',
    key: args.view(at),
    value: args.view(at + 1),
    contentType: redisContentType,
    expiry: clearExpiry,
    lease: 0,
  }
}

function batchOf(operations: readonly PutBody[], atomic: boolean, abortOnFailure: boolean): BatchBody {
  return { kind: 'batch', operations, atomic, abortOnFailure }
}
