import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import type { Origin } from '../operation/operation.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Timer, Timers } from '../runtime/timers.ts'
import type { ConnectionLimits, ConnectionRefusal } from './connection-limits.ts'

export interface ListenerSettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls?: SecureContextOptions
  /** TLS handshakes under way at once; `defaultHandshakes` unless a test says otherwise. */
  readonly maxHandshakes?: number
  /** `defaultHandshakeTimeoutMs` unless a test says otherwise. */
  readonly handshakeTimeoutMs?: number
}

/** A handshake costs a millisecond or two of the processor: so many are done within the time that clients wait. */
const defaultHandshakes = 100
/** Two round trips, and the whole queue of handshakes before it. */
const defaultHandshakeTimeoutMs = 5_000

export interface ListenerDeps {
  readonly clock: Clock
  readonly timers: Timers
  /** Shared by all data listeners of the process. */
  readonly limits: ConnectionLimits
  /** What a refused client is told before it is disconnected (not over TLS, which has not begun by then). */
  readonly lastWord: (refusal: ConnectionRefusal) => Uint8Array
  /** A connection was accepted by the system, and may yet be refused. */
  readonly onArrival?: () => void
  readonly onRefused?: (refusal: ConnectionRefusal | 'handshakes', address: string) => void
}

/**
 * One protocol's state of one connection. It takes its chunks with `onChunk` and listens to `end` and `drain` itself;
 * never to `close`, `error`.
 */
export interface Connection {
  /** Called about once a second with the monotonic time: closes the connection if one of its timeouts has passed. */
  sweep(nowMs: number): void
  /** The listener drains: answer what is in flight, take nothing new, then close. */
  finish(): void
  /** The socket is gone: give back what is held. Called once. */
  closed(): void
}

/** Whose requests these are; stands in every operation of the connection. */
export class ConnectionOrigin implements Origin {
  gone = false
  readonly address: string

  constructor(address: string) {
    this.address = address
  }
}

export interface Listener {
  /** Resolves with the port once connections are accepted; rejects with the system's error. */
  listen(): Promise<number>
  /** Stops accepting, lets every connection finish, destroys what is left after `drainMs`. Resolves when all are gone. */
  close(drainMs: number): Promise<void>
  /** Connections of this listener. */
  readonly open: number
  /** Connections let in since the start, and bytes received from them. */
  readonly accepted: number
  readonly bytesIn: number
}

const sweepPeriodMs = 1000
/** Connections swept in one turn of the event loop: thousands that time out together must not hold up the rest. */
const sweptPerTurn = 32

/**
 * Accepts connections for one protocol within the shared limits. Timeouts are enforced by one sweep for all
 * connections: no connection has a timer.
 */
export function createListener(
  settings: ListenerSettings,
  deps: ListenerDeps,
  accept: (socket: Socket, origin: ConnectionOrigin) => Connection,
): Listener {
  return new SocketListener(settings, deps, accept)
}

class SocketListener implements Listener {
  private readonly settings: ListenerSettings
  private readonly deps: ListenerDeps
  private readonly accept: (socket: Socket, origin: ConnectionOrigin) => Connection
  private readonly secure: ReturnType<typeof createSecureContext> | undefined
  private readonly server: Server
  private readonly connections = new Map<Socket, Connection>()
  /** Sockets in their TLS handshake, with the time it must be over. */
  private readonly handshakes = new Map<Socket, number>()
  private sweeping: Timer | undefined
  /** What is left of the sweep under way. */
  private unswept: Iterator<Connection> | undefined
  private whenEmpty: (() => void) | undefined
  private closedBytesIn = 0
  accepted = 0

  constructor(
    settings: ListenerSettings,
    deps: ListenerDeps,
    accept: (socket: Socket, origin: ConnectionOrigin) => Connection,
  ) {
    this.settings = settings
    this.deps = deps
    this.accept = accept
    this.secure = settings.tls === undefined ? undefined : createSecureContext(settings.tls)
    // A client may end its side and still wait for answers, so the protocols decide what `end` means.
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.arrived(socket))
  }

  get open(): number {
    return this.connections.size + this.handshakes.size
  }

  get bytesIn(): number {
    let bytes = this.closedBytesIn
    for (const socket of this.connections.keys()) bytes += socket.bytesRead
    return bytes
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(this.settings.port, this.settings.host, () => {
        this.server.removeListener('error', reject)
        // Running out of descriptors while accepting must not end the process.
        this.server.on('error', () => {})
        this.sweeping = this.deps.timers.every(sweepPeriodMs, () => this.sweep())
        const address = this.server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : this.settings.port)
      })
    })
  }

  close(drainMs: number): Promise<void> {
    this.server.close()
    for (const socket of this.handshakes.keys()) socket.destroy()
    for (const connection of [...this.connections.values()]) connection.finish()
    return new Promise((resolve) => {
      const deadline = this.deps.timers.after(drainMs, () => {
        for (const socket of this.connections.keys()) socket.destroy()
      })
      this.whenEmpty = () => {
        deadline.cancel()
        this.sweeping?.cancel()
        resolve()
      }
      if (this.open === 0) this.whenEmpty()
    })
  }

  private arrived(raw: Socket): void {
    this.deps.onArrival?.()
    const address = raw.remoteAddress
    raw.on('error', () => {})
    if (address === undefined) {
      raw.destroy()
      return
    }
    const refusal = this.deps.limits.admit(address)
    if (refusal !== undefined) this.refuse(raw, refusal, address)
    else if (this.secure === undefined) this.begin(raw, address)
    else this.handshake(raw, address)
  }

  private refuse(raw: Socket, refusal: ConnectionRefusal, address: string): void {
    this.deps.onRefused?.(refusal, address)
    if (this.secure !== undefined) {
      raw.destroy()
      return
    }
    raw.write(this.deps.lastWord(refusal))
    raw.destroySoon()
  }

  private handshake(raw: Socket, address: string): void {
    if (this.handshakes.size >= (this.settings.maxHandshakes ?? defaultHandshakes)) {
      this.deps.onRefused?.('handshakes', address)
      this.deps.limits.release(address)
      raw.destroy()
      return
    }
    this.handshakes.set(raw, this.deps.clock.now() + (this.settings.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs))
    const secured = new TLSSocket(raw, { isServer: true, secureContext: this.secure })
    const failed = (): void => {
      if (this.handshakes.delete(raw)) this.gone(address)
    }
    secured.on('error', () => raw.destroy())
    raw.once('close', failed)
    secured.once('secure', () => {
      if (!this.handshakes.delete(raw)) return
      this.begin(secured, address)
    })
  }

  private begin(socket: Socket, address: string): void {
    this.accepted += 1
    const origin = new ConnectionOrigin(address)
    const connection = this.accept(socket, origin)
    this.connections.set(socket, connection)
    socket.once('close', () => {
      origin.gone = true
      this.closedBytesIn += socket.bytesRead
      this.connections.delete(socket)
      connection.closed()
      this.gone(address)
    })
  }

  private gone(address: string): void {
    this.deps.limits.release(address)
    if (this.open === 0) this.whenEmpty?.()
  }

  private sweep(): void {
    const now = this.deps.clock.now()
    for (const [socket, deadline] of this.handshakes) if (now > deadline) socket.destroy()
    if (this.unswept !== undefined) return
    this.unswept = this.connections.values()
    this.sweepSome()
  }

  private sweepSome(): void {
    const now = this.deps.clock.now()
    for (let swept = 0; swept < sweptPerTurn; swept++) {
      const next = this.unswept!.next()
      if (next.done === true) {
        this.unswept = undefined
        return
      }
      next.value.sweep(now)
    }
    this.deps.timers.soon(() => this.sweepSome())
  }
}
