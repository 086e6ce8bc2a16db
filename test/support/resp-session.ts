import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { AnswerRoom } from '../../src/ingress/answer-room.ts'
import { createEgress } from '../../src/ingress/egress.ts'
import { type Connection, ConnectionOrigin } from '../../src/ingress/listener.ts'
import { createRespIngress, type RespIngress } from '../../src/ingress/resp/ingress.ts'
import type { Authenticator, RespSettings } from '../../src/ingress/resp/resp-server.ts'
import { type FakeMode, FakePointDispatcher } from './fake-point-dispatcher.ts'
import { openHouse, respSettings } from './resp-harness.ts'
import { commandBytes } from './resp-reply.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

/** The part of a socket that a connection uses; what is written can be held back as by a slow client. */
export class FakeSocket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 5000
  readonly localAddress = '127.0.0.1'
  readonly localPort = 7401
  writable = true
  writableLength = 0
  /** True: nothing written is taken by the client. */
  slow = false
  paused = false
  ended = false
  destroyed = false
  writes = 0
  #written: Buffer[] = []

  write(bytes: Uint8Array): boolean {
    this.writes++
    this.#written.push(Buffer.from(bytes))
    if (this.slow) this.writableLength += bytes.length
    return !this.slow
  }

  /** The client takes what it was slow to take. */
  drain(): void {
    this.writableLength = 0
    this.emit('drain')
  }

  /** What was written since the last call. */
  taken(): string {
    const text = Buffer.concat(this.#written).latin1Slice()
    this.#written = []
    return text
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  cork(): void {}

  uncork(): void {}

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
    this.writable = false
  }
}

export interface SessionOptions {
  readonly settings?: Partial<RespSettings>
  readonly authenticator?: Authenticator
  readonly mode?: FakeMode
}

/** One ingress over a fake gateway in virtual time, without a network. */
export class RespSessions {
  readonly runtime = new VirtualRuntime()
  readonly dispatcher: FakePointDispatcher
  readonly batches: { kind: 'read' | 'write'; count: number; ms: number }[] = []
  readonly errors: string[][] = []
  protocolErrors = 0
  readonly #ingress

  constructor({ settings, authenticator, mode }: SessionOptions = {}) {
    const all = { ...respSettings, ...settings }
    const { runtime } = this
    this.dispatcher = new FakePointDispatcher({ runtime, mode: mode ?? 'sync', maxValueBytes: all.maxValueBytes })
    this.#ingress = createRespIngress({
      dispatcher: this.dispatcher,
      authenticator: authenticator ?? openHouse,
      runtime,
      settings: all,
      egress: createEgress(runtime, { ...all, totalBytes: 1 << 28 }),
      telemetry: {
        onError: (kind, { code, reason }) =>
          this.errors.push(reason === undefined ? [kind, code] : [kind, code, reason]),
        onBatch: (kind, count, arrivedAt, endedAt) => this.batches.push({ kind, count, ms: endedAt - arrivedAt }),
        onProtocolError: () => this.protocolErrors++,
      },
      serverInfo: () => ({
        processId: 42,
        port: 7401,
        uptimeMs: 90_000_000,
        connectedClients: 3,
        maxClients: 100,
        usedMemoryBytes: 1234,
        keys: 7,
        durable: true,
      }),
    })
  }

  /** Where listings have their place. */
  get room(): AnswerRoom {
    return this.#ingress.room
  }

  open(): RespSession {
    return new RespSession(this.#ingress)
  }
}

/** One client's connection: what it says and what it hears. */
export class RespSession {
  readonly socket = new FakeSocket()
  readonly origin = new ConnectionOrigin('127.0.0.1')
  readonly connection: Connection

  readonly #ingress: RespIngress

  constructor(ingress: RespIngress) {
    this.#ingress = ingress
    this.connection = ingress.accept(this.socket as unknown as Socket, this.origin)
  }

  /** Sends a command; answers what comes back at once. */
  ask(...args: readonly (string | Uint8Array)[]): string {
    return this.send(commandBytes(...args))
  }

  /** Sends a line of words; answers what comes back at once. */
  line(words: string): string {
    return this.ask(...words.split(' '))
  }

  send(bytes: string | Uint8Array): string {
    this.socket.emit('data', Buffer.from(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes))
    this.#ingress.output.flushAll()
    return this.socket.taken()
  }

  /** The client ends its side. */
  end(): void {
    this.socket.emit('end')
  }

  /** What comes back once everything scheduled has run. */
  async heard(): Promise<string> {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
    return this.socket.taken()
  }

  /** The connection is gone. */
  close(): void {
    this.origin.gone = true
    this.connection.closed()
  }
}
