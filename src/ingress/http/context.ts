import type { GatewayError } from '../../errors.ts'
import type { Intent } from '../../operation/body.ts'
import type { KeylessIds } from '../../operation/keyless.ts'
import type { Client, Dispatcher } from '../../operation/operation.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { AnswerRoom } from '../answer-room.ts'
import type { OutputPool } from '../output-pool.ts'
import type { Turns } from '../turns.ts'
import type { Authenticator } from './authentication.ts'
import type { BodyBudget } from './codec/body-buffer.ts'
import type { ContentTypes } from './content-type.ts'
import type { HeadWriter } from './head-writer.ts'
import type { PageGuard } from './page-guard.ts'
import type { HttpSettings } from './settings.ts'

/** What a request asked for; also the label of its measurements. `none`: it did not get as far as to ask. */
export type RequestKind =
  | 'get'
  | 'head'
  | 'put'
  | 'delete'
  | 'create'
  | 'batch'
  | 'scan'
  | 'count'
  | 'query'
  | 'lease'
  | 'none'

/** What is told about requests; implemented by the telemetry. Called for every request, so it must be cheap. */
export interface HttpHooks {
  /** Monotonic milliseconds; `error` is the problem that was answered. */
  onRequest(
    kind: RequestKind,
    arrivedAt: number,
    endedAt: number,
    status: number,
    error: GatewayError | undefined,
  ): void
  /** An exception that no code path should raise; the request was answered 500. */
  onDefect(error: unknown): void
}

/** Numbers that tell operations apart: 32 bits, round and round. */
export class Tags {
  private last = 0

  next(): number {
    this.last = (this.last + 1) | 0
    return this.last
  }
}

export type AdmitBody = (client: Client, intent: Intent, now: number) => GatewayError | undefined

/** What all connections of the HTTP ingress share. */
export interface HttpContext {
  readonly dispatcher: Dispatcher
  readonly authenticator: Authenticator
  readonly pages: PageGuard
  readonly runtime: Runtime
  readonly settings: HttpSettings
  readonly hooks: HttpHooks
  readonly heads: HeadWriter
  readonly output: OutputPool
  readonly turns: Turns
  readonly bodies: BodyBudget
  /** For large answers, while they are made. */
  readonly room: AnswerRoom
  readonly ids: KeylessIds
  readonly tags: Tags
  readonly contentTypes: ContentTypes
  /** Authenticates cursors. The same on all gateways of a cluster. */
  readonly secret: Uint8Array
  /** Whether a client that asked (`Expect: 100-continue`) may send its body: why not, or undefined. */
  readonly admitBody: AdmitBody
  /** Once the events already waiting are done: lets the connection go on reading and flushes what it has to say. */
  wake(connection: Wakeable): void
}

export interface Wakeable {
  turn(): void
}
