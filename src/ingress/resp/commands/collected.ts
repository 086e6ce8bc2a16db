import { GatewayError } from '../../../errors.ts'
import type { Body, PointBody } from '../../../operation/body.ts'
import { clearExpiry } from '../../../operation/body.ts'
import type { BatchReply, CountReply, RecordReply, RecordsReply, Reply } from '../../../operation/reply.ts'
import type { Arguments } from '../arguments.ts'
import { errorText } from '../error-text.ts'
import { redisContentType } from '../exchange.ts'
import type { ReplyWriter } from '../reply-writer.ts'
import type { RespServer } from '../resp-server.ts'
import type { Session } from '../session.ts'
import type { Shape } from '../shape.ts'
import type { QueuedCommand, Transaction } from '../transaction.ts'
import type { AskContext, LocalContext } from './command.ts'

type Results = BatchReply['results']

/** One command of a transaction: what it asked, or why it did not, or nothing if it is answered in place. */
interface Entry {
  readonly queued: QueuedCommand
  fault: string | undefined
  body: Body | undefined
  shape: Shape | undefined
  detail: number
  extra: unknown
  /** Its operations are `operations[from..to)`. */
  from: number
  to: number
}

/** Runs the queued commands up to the point where they ask, and gathers what they ask into one list of operations. */
export function collect(transaction: Transaction, context: LocalContext & AskContext): Collected {
  const collected = new Collected(context)
  for (const queued of transaction.commands) collected.add(queued)
  return collected
}

/** A transaction on its way: the operations of its commands, and how their results become its reply. */
export class Collected {
  readonly operations: PointBody[] = []
  private readonly entries: Entry[] = []
  private readonly server: RespServer
  private readonly session: Session
  private readonly rights: number

  constructor({ server, session, rights }: LocalContext & AskContext) {
    this.server = server
    this.session = session
    this.rights = rights
  }

  add(queued: QueuedCommand): void {
    const from = this.operations.length
    const entry: Entry = {
      queued,
      fault: undefined,
      body: undefined,
      shape: undefined,
      detail: 0,
      extra: undefined,
      from,
      to: from,
    }
    this.entries.push(entry)
    const { command, args } = queued
    if (command.row.kind !== 'point') return
    entry.fault = command.row.run(new Collecting(args, this.server, this.rights, entry))
    if (entry.body !== undefined) this.operations.push(...pointsOf(entry.body))
    entry.to = this.operations.length
  }

  /** Writes the array of replies. Commands about the connection run now, in their turn. */
  write(out: ReplyWriter, results: Results): void {
    out.array(this.entries.length)
    for (const entry of this.entries) {
      const fault = this.writeEntry(out, entry, results)
      if (fault !== undefined) out.error(fault)
    }
  }

  private writeEntry(out: ReplyWriter, entry: Entry, results: Results): string | undefined {
    const { queued, body, shape } = entry
    if (entry.fault !== undefined) return entry.fault
    if (queued.command.row.kind === 'local') {
      return queued.command.row.run({ args: queued.args, server: this.server, session: this.session, out })
    }
    if (body === undefined || shape === undefined) return `ERR internal '${queued.command.name}' asked nothing`
    const reply = replyOf(body, results.slice(entry.from, entry.to))
    if (reply instanceof GatewayError) return errorText(reply, queued.command.name)
    const next = shape.reply(out, reply, entry)
    return next instanceof GatewayError ? errorText(next, queued.command.name) : undefined
  }
}

/** Stands in for the connection while a queued command says what it asks. */
class Collecting implements AskContext {
  readonly args: Arguments
  readonly server: RespServer
  readonly rights: number
  private readonly entry: Entry

  constructor(args: Arguments, server: RespServer, rights: number, entry: Entry) {
    this.args = args
    this.server = server
    this.rights = rights
    this.entry = entry
  }

  ask(body: Body, shape: Shape, detail = 0, extra: unknown = undefined): undefined {
    this.entry.body = body
    this.entry.shape = shape
    this.entry.detail = detail
    this.entry.extra = extra
  }

  askGet(projection: 'value' | 'meta', shape: Shape, detail: number): undefined {
    this.ask({ kind: 'get', key: this.args.view(1), projection }, shape, detail)
  }

  askPut(shape: Shape): undefined {
    const { args } = this
    const [key, value] = [args.view(1), args.view(2)]
    this.ask(
      { kind: 'put', key, value, contentType: redisContentType, expiry: clearExpiry, lease: 0, blind: true },
      shape,
    )
  }
}

/** The operations on single keys that a body comes to. */
function pointsOf(body: Body): readonly PointBody[] {
  switch (body.kind) {
    case 'get':
    case 'put':
    case 'delete':
    case 'modify':
      return [body]
    case 'get-many':
      return body.keys.map((key) => ({ kind: 'get', key, projection: 'value' }))
    case 'exists-many':
      return body.keys.map((key) => ({ kind: 'get', key, projection: 'meta' }))
    case 'delete-many':
      return body.keys.map((key) => ({ kind: 'delete', key }))
    case 'batch':
      return body.operations
    default:
      return []
  }
}

/** The reply the body would have had by itself, from the results of its operations. */
function replyOf(body: Body, results: Results): Reply | GatewayError {
  const failure = results.find((result) => result instanceof GatewayError)
  if (failure instanceof GatewayError) return failure
  const whole = results as readonly Exclude<Results[number], GatewayError>[]
  switch (body.kind) {
    case 'get-many':
      return { kind: 'records', records: recordsIn(whole), positions: [] } satisfies RecordsReply
    case 'exists-many':
      return count(recordsIn(whole).filter((record) => record !== undefined).length)
    case 'delete-many':
      return count(whole.filter((result) => result.kind === 'written' && result.status === 'deleted').length)
    case 'batch':
      return { kind: 'batch', results, watchFailed: false, replayed: false, positions: [] } satisfies BatchReply
    default:
      return whole[0] ?? new GatewayError('internal', 'the batch has no result for an operation')
  }
}

function recordsIn(results: readonly Exclude<Results[number], GatewayError>[]) {
  return results.map((result) => (result as RecordReply).record)
}

function count(value: number): CountReply {
  return { kind: 'count', count: value, positions: [] }
}
