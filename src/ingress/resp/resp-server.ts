import type { GatewayError } from '../../errors.ts'
import type { Client, Dispatcher } from '../../operation/operation.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { AnswerRoom } from '../answer-room.ts'
import type { OutboxLimits } from '../output-pool.ts'
import type { Turns } from '../turns.ts'
import type { BatchReports } from './batch-reports.ts'
import type { CommandSet } from './commands/command-set.ts'
import type { ParserLimits } from './parser.ts'
import type { ReceiveBudget } from './receive-budget.ts'
import type { ScanCursors } from './scan-cursors.ts'

/** Who may come in. `authenticate` compares in constant time. */
export interface Authenticator {
  /** Changes whenever an earlier answer may no longer hold, as when clients are reloaded. */
  readonly generation: number
  /** The client with this name (undefined: the token alone says) and token, or undefined if there is none. */
  authenticate(user: string | undefined, token: Uint8Array): Client | undefined
  /** Who a connection is that has not said; undefined: it has to. */
  readonly anonymous: Client | undefined
  /** Who a connection is now that was `client` in an earlier generation; undefined: has to say so again. */
  renew(client: Client | undefined): Client | undefined
}

export interface RespSettings extends ParserLimits, OutboxLimits {
  /** `limits.maxValue`. */
  readonly maxValueBytes: number
  /** Commands of one connection in flight above which no more are read. */
  readonly pipelineDepth: number
  /** Bytes received and not read yet above which a waiting connection is not received from. Default 256 KiB. */
  readonly maxUnreadBytes?: number
  /** Bytes of commands not executed yet that all connections together may hold. Default 128 MiB. */
  readonly maxReceivingBytes?: number
  /** Time an operation may take. */
  readonly timeoutMs: number
  /** Time to count all keys, which may take a look at each of them. */
  readonly queryTimeoutMs: number
  /** How old a default read may be. */
  readonly maxStalenessMs: number
  /** Bytes that the answer of one KEYS may have. */
  readonly mergeBudgetBytes: number
  /** Commands in a transaction, keys in a WATCH, pairs in an MSET. */
  readonly maxBatchOps: number
  /** `resp.splitMset`: MSET over several shards, not atomic. */
  readonly splitMset: boolean
  /** Time the rest of a command may take to arrive. */
  readonly requestTimeoutMs: number
  /** Time a connection may stay without a command; 0: for ever, as Redis does. */
  readonly idleTimeoutMs: number
  /** Time a client may leave answers unread. */
  readonly outputTimeoutMs: number
}

/** What INFO and CONFIG GET report. Must be cheap. */
export interface ServerInfo {
  readonly processId: number
  readonly port: number
  readonly uptimeMs: number
  readonly connectedClients: number
  readonly maxClients: number
  readonly usedMemoryBytes: number
  readonly keys: number
  readonly durable: boolean
}

/** Counts what was answered. Times are monotonic milliseconds. Must not throw. */
export interface RespTelemetry {
  /** `count` commands of one kind that arrived together have been answered. */
  onBatch(kind: 'read' | 'write', count: number, arrivedAtMs: number, endedAtMs: number): void
  /** A command of this kind was answered with an error of the gateway; it is in no batch. */
  onError(kind: 'read' | 'write', error: GatewayError): void
  /** A client broke the protocol and is disconnected. */
  onProtocolError?(): void
}

/** What all connections of the ingress share. */
export interface RespServer {
  readonly settings: RespSettings
  readonly runtime: Runtime
  readonly dispatcher: Dispatcher
  readonly authenticator: Authenticator
  readonly telemetry: RespTelemetry
  readonly cursors: ScanCursors
  readonly commands: CommandSet
  readonly reports: BatchReports
  readonly turns: Turns
  readonly budget: ReceiveBudget
  /** What KEYS found so far, of all connections. */
  readonly room: AnswerRoom
  serverInfo(): ServerInfo
}
