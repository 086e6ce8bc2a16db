import type { Socket } from 'node:net'
import type { Dispatcher } from '../../operation/operation.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { AnswerRoom } from '../answer-room.ts'
import type { ConnectionRefusal } from '../connection-limits.ts'
import type { Egress } from '../egress.ts'
import type { Connection, ConnectionOrigin } from '../listener.ts'
import { Outbox } from '../outbox.ts'
import { OutputPool } from '../output-pool.ts'
import { BatchReports } from './batch-reports.ts'
import { embeddedCommands } from './commands/command-table.ts'
import { listingsRoomBytes } from './commands/key-listing.ts'
import { RespConnection } from './connection.ts'
import { ReceiveBudget } from './receive-budget.ts'
import type { Authenticator, RespServer, RespSettings, RespTelemetry, ServerInfo } from './resp-server.ts'
import { ScanCursors } from './scan-cursors.ts'
import { Session } from './session.ts'

export interface RespDeps {
  readonly dispatcher: Dispatcher
  readonly authenticator: Authenticator
  readonly runtime: Runtime
  readonly settings: RespSettings
  readonly egress: Egress
  readonly telemetry: RespTelemetry
  readonly serverInfo: () => ServerInfo
}

/** The Redis protocol, ready to be given to a listener. */
export interface RespIngress {
  /** Takes over an accepted connection. */
  accept(socket: Socket, origin: ConnectionOrigin): Connection
  /** What a client is told that was not let in. */
  lastWord(refusal: ConnectionRefusal): Uint8Array
  /** What went to clients so far. */
  readonly output: OutputPool
  /** Listings of keys under way, and those that wait. */
  readonly room: AnswerRoom
}

export function createRespIngress(deps: RespDeps): RespIngress {
  const { runtime, settings, egress } = deps
  const output = new OutputPool(runtime.timers, settings, egress.late)
  const budget = new ReceiveBudget(settings.maxReceivingBytes ?? defaultReceivingBytes)
  const room = new AnswerRoom(runtime, listingsRoomBytes(settings.mergeBudgetBytes))
  const server: RespServer = {
    ...deps,
    turns: egress.turns,
    cursors: new ScanCursors(runtime),
    commands: embeddedCommands,
    budget,
    room,
    reports: new BatchReports(runtime.clock, runtime.timers),
  }
  let lastId = 0
  return {
    output,
    room,
    accept(socket, origin) {
      const address = addressOf(socket.remoteAddress, socket.remotePort)
      const localAddress = addressOf(socket.localAddress, socket.localPort)
      const session = new Session(++lastId, address, localAddress, runtime.clock.now(), deps.authenticator, budget)
      return new RespConnection(socket, origin, server, session, new Outbox(output, socket))
    },
    lastWord: (refusal) => refusals[refusal],
  }
}

const defaultReceivingBytes = 128 * 1024 * 1024

const tooManyOfAddress = Buffer.from('-OVERLOADED reason=connections retry-after-ms=1000\r\n')

const refusals: Readonly<Record<ConnectionRefusal, Uint8Array>> = {
  // What Redis says, so that client libraries know it.
  total: Buffer.from('-ERR max number of clients reached\r\n'),
  'per-address': tooManyOfAddress,
  rate: tooManyOfAddress,
}

function addressOf(address: string | undefined, port: number | undefined): string {
  const plain = address?.replace(/^::ffff:/, '') ?? '?'
  return plain.includes(':') ? `[${plain}]:${port ?? 0}` : `${plain}:${port ?? 0}`
}
