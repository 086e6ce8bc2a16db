import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { fileShares, openFileLimit } from '../runtime/file-limit.ts'
import type { ListenerReading } from '../telemetry/gauges.ts'
import { EventStreams } from './event-stream.ts'
import type { AdminDeps } from './node-view.ts'

export interface AdminServer {
  /** Resolves once the port answers. Loads its libraries only now. */
  listen(): Promise<void>
  /** Ends event streams and connections. Idempotent. */
  close(): Promise<void>
  /** `host:port` as bound; undefined before `listen` has resolved. */
  readonly address: string | undefined
  readonly port: number | undefined
  /** Connections and bytes, for `NodeView.listeners()`. */
  reading(): ListenerReading
}

const maxConnections = 256

/** Connections the admin port holds at most, where the process may open `files` files: the store needs some too. */
export function adminConnections(files = openFileLimit() ?? Number.POSITIVE_INFINITY): number {
  return Math.min(maxConnections, Math.max(1, Math.floor(files * fileShares.admin)))
}

/** The admin port: health, metrics, status and control, apart from the data ports and their queues. */
export function createAdminServer(deps: AdminDeps): AdminServer {
  return new FastifyAdminServer(deps)
}

class FastifyAdminServer implements AdminServer {
  private readonly deps: AdminDeps
  private readonly streams: EventStreams
  private app: FastifyInstance | undefined
  private bound: AddressInfo | undefined
  private readonly sockets = new Set<Socket>()
  private accepted = 0
  private refused = 0
  private closedBytes = { in: 0, out: 0 }

  constructor(deps: AdminDeps) {
    this.deps = deps
    const incarnation = deps.telemetry.startedAtMs.toString(36)
    this.streams = new EventStreams(deps.log.events, deps.runtime.timers, incarnation)
  }

  get port(): number | undefined {
    return this.bound?.port
  }

  get address(): string | undefined {
    if (this.bound === undefined) return undefined
    const { address, family, port } = this.bound
    return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
  }

  async listen(): Promise<void> {
    const { buildApp } = await import('./app.ts')
    const app = await buildApp(this.deps, this.streams)
    this.app = app
    app.server.maxConnections = adminConnections()
    app.server.on('connection', (socket: Socket) => this.track(socket))
    app.server.on('drop', () => this.refused++)
    const { host, port } = this.deps.settings
    await app.listen({ host, port })
    const bound = app.server.address()
    if (bound === null || typeof bound === 'string') throw new Error('the admin port is not bound')
    this.bound = bound
  }

  async close(): Promise<void> {
    this.streams.close()
    await this.app?.close()
  }

  reading(): ListenerReading {
    let { in: bytesIn, out: bytesOut } = this.closedBytes
    for (const socket of this.sockets) {
      bytesIn += socket.bytesRead
      bytesOut += socket.bytesWritten
    }
    return {
      listener: 'admin',
      address: this.address ?? '',
      open: this.sockets.size,
      accepted: this.accepted,
      refused: { total: this.refused },
      bytesIn,
      bytesOut,
    }
  }

  private track(socket: Socket): void {
    this.accepted++
    this.sockets.add(socket)
    socket.once('close', () => {
      this.sockets.delete(socket)
      this.closedBytes.in += socket.bytesRead
      this.closedBytes.out += socket.bytesWritten
    })
  }
}
