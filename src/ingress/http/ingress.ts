import type { Socket } from 'node:net'
import { GatewayError } from '../../errors.ts'
import { KeylessIds } from '../../operation/keyless.ts'
import type { Dispatcher } from '../../operation/operation.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { AnswerRoom } from '../answer-room.ts'
import type { ConnectionRefusal } from '../connection-limits.ts'
import type { Egress } from '../egress.ts'
import type { Connection, ConnectionOrigin } from '../listener.ts'
import { type OutboxLimits, OutputPool } from '../output-pool.ts'
import { recordsApi } from './api.ts'
import type { Authenticator } from './authentication.ts'
import { BodyBudget } from './codec/body-buffer.ts'
import { HttpConnection } from './connection.ts'
import { ContentTypes } from './content-type.ts'
import { type AdmitBody, type HttpContext, type HttpHooks, Tags, type Wakeable } from './context.ts'
import { HeadWriter } from './head-writer.ts'
import { PageGuard } from './page-guard.ts'
import { problemJson, retryAfterSeconds } from './problem.ts'
import type { HttpSettings } from './settings.ts'

/** What large answers may take while they are made, of all connections together. */
const answerRoomBytes = 64 * 1024 * 1024

export interface HttpIngressDeps {
  readonly dispatcher: Dispatcher
  readonly authenticator: Authenticator
  /** What is listened on: a name or an address. */
  readonly host: string
  readonly runtime: Runtime
  readonly settings: HttpSettings
  readonly outputLimits: OutboxLimits
  readonly egress: Egress
  readonly hooks: HttpHooks
  /** Authenticates cursors and made keys; at least 16 bytes, the same on all gateways of a cluster. */
  readonly secret: Uint8Array
  /** The id of this node, for `Headgate-Served-By`. */
  readonly servedBy: string
  /** Asked before a client that sent `Expect: 100-continue` is told to send its body. */
  readonly admitBody: AdmitBody
}

/** What a listener needs to speak HTTP. */
export interface HttpIngress {
  accept(socket: Socket, origin: ConnectionOrigin): Connection
  lastWord(refusal: ConnectionRefusal): Uint8Array
  /** Bytes written, bytes waiting, connections destroyed for not reading; request bodies in memory. */
  readonly output: OutputPool
  readonly bodies: BodyBudget
  /** Large answers being made, and requests for such that wait. */
  readonly room: AnswerRoom
}

/** The HTTP records API over a dispatcher; see `createListener` for where connections come from. */
export function createHttpIngress(deps: HttpIngressDeps): HttpIngress {
  const { runtime, settings, secret, egress } = deps
  const output = new OutputPool(runtime.timers, deps.outputLimits, egress.late)
  const bodies = new BodyBudget(settings.bodyBudgetBytes)
  const room = new AnswerRoom(runtime, answerRoomBytes)
  const context: HttpContext = {
    dispatcher: deps.dispatcher,
    authenticator: deps.authenticator,
    pages: new PageGuard(deps.host),
    runtime,
    settings,
    hooks: deps.hooks,
    heads: new HeadWriter(runtime.clock, deps.servedBy),
    output,
    turns: egress.turns,
    bodies,
    room,
    ids: new KeylessIds(runtime.random, secret),
    tags: new Tags(),
    contentTypes: new ContentTypes(),
    secret,
    admitBody: deps.admitBody,
    wake: wakeTogether(runtime),
  }
  return {
    output,
    bodies,
    room,
    accept: (socket, origin) => new HttpConnection(context, recordsApi, socket, origin),
    lastWord: (refusal) => refusalOf(refusal, runtime),
  }
}

/** One deferred task for all connections that got answers in this turn of the event loop. */
function wakeTogether(runtime: Runtime): (connection: Wakeable) => void {
  let woken: Wakeable[] = []
  let spare: Wakeable[] = []
  const run = (): void => {
    const batch = woken
    woken = spare
    spare = batch
    for (let i = 0; i < batch.length; i++) batch[i]!.turn()
    batch.length = 0
  }
  return (connection) => {
    if (woken.length === 0) runtime.timers.soon(run)
    woken.push(connection)
  }
}

const refusals = {
  total: new GatewayError('overloaded', 'The node has as many connections as it may.', { reason: 'connections' }),
  'per-address': new GatewayError('overloaded', 'This address has as many connections as it may.', {
    reason: 'connections',
  }),
  rate: new GatewayError('rate-limited', 'This address opens connections too fast.', { reason: 'connections' }),
} as const satisfies Record<ConnectionRefusal, GatewayError>

function refusalOf(refusal: ConnectionRefusal, runtime: Runtime): Buffer {
  const error = refusals[refusal]
  const body = `${problemJson(error, { write: false, repeatable: false })}\n`
  const status = error.spec.status === 429 ? '429 Too Many Requests' : '503 Service Unavailable'
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    `Retry-After: ${retryAfterSeconds(error, runtime.random)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}
