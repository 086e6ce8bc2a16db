import type { Authenticator } from '../admission/authenticator.ts'
import type { Settings } from '../config/settings.ts'
import type { Gateway } from '../gateway.ts'
import type { AnswerRoom } from '../ingress/answer-room.ts'
import { ConnectionLimits, type ConnectionRefusal } from '../ingress/connection-limits.ts'
import { createEgress, type Egress, type EgressLimits } from '../ingress/egress.ts'
import { createHttpIngress } from '../ingress/http/ingress.ts'
import { createListener, type Listener } from '../ingress/listener.ts'
import type { OutboxLimits, OutputPool } from '../ingress/output-pool.ts'
import { createRespIngress } from '../ingress/resp/ingress.ts'
import type { ServerInfo } from '../ingress/resp/resp-server.ts'
import { fileShares, openFileLimit } from '../runtime/file-limit.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ListenerReading } from '../telemetry/gauges.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { httpHooks, respHooks } from './measurements.ts'
import { type RefusalWarning, RefusalWarnings } from './refusal-warnings.ts'

/** One node in one process is never behind; readers that are will be excluded beyond this. */
const maxStalenessMs = 1000
const respArgumentBytes = 512 * 1024 * 1024

export interface DataPlaneDeps {
  readonly settings: Settings
  readonly runtime: Runtime
  readonly gateway: Pick<Gateway, 'dispatch' | 'admitBody'>
  readonly authenticator: Authenticator
  readonly telemetry: Telemetry
  /** Authenticates cursors and made keys. */
  readonly secret: Uint8Array
  readonly serverInfo: (port: number, connections: number) => ServerInfo
  readonly onDefect: (error: unknown) => void
  /** Once a minute at most for each reason. */
  readonly onConnectionsRefused: RefusalWarning
}

interface Port {
  readonly name: 'http' | 'resp'
  readonly host: string
  readonly listener: Listener
  readonly output: OutputPool
  readonly room: AnswerRoom
  readonly refused: Record<ConnectionRefusal | 'handshakes', number>
  port: number
}

/** The data ports: HTTP records API and Redis protocol, over one set of connection limits. */
export class DataPlane {
  readonly #ports: readonly Port[]
  readonly #drainMs: number
  readonly #warnings: RefusalWarnings

  constructor(deps: DataPlaneDeps) {
    const { settings, runtime } = deps
    const limits = new ConnectionLimits(connectionLimits(settings), runtime.clock)
    const egress = createEgress(runtime, outputLimits(settings))
    this.#drainMs = settings.limits.drainTimeoutMs
    this.#warnings = new RefusalWarnings(runtime.clock, deps.onConnectionsRefused)
    this.#ports = [this.#http(deps, limits, egress), this.#resp(deps, limits, egress)]
  }

  /** Opens both ports; rejects with the system's error if one cannot be had. */
  async listen(): Promise<void> {
    for (const each of this.#ports) each.port = await each.listener.listen()
  }

  address(name: Port['name']): { readonly host: string; readonly port: number } {
    const { host, port } = this.#named(name)
    return { host, port }
  }

  /** Stops accepting, lets clients finish what they asked, disconnects who is left after `limits.drainTimeout`. */
  async close(): Promise<void> {
    await Promise.all(this.#ports.map(({ listener }) => listener.close(this.#drainMs)))
  }

  /** Sends what has been answered and waits for the end of the turn. */
  flush(): void {
    for (const { output } of this.#ports) output.flushAll()
  }

  readings(): ListenerReading[] {
    return this.#ports.map(({ name, host, port, listener, output, room, refused }) => ({
      listener: name,
      address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      open: listener.open,
      accepted: listener.accepted,
      refused,
      bytesIn: listener.bytesIn,
      bytesOut: output.bytesWritten,
      answers: { heldBytes: room.heldBytes, waiting: room.waiting },
    }))
  }

  #named(name: Port['name']): Port {
    return this.#ports.find((each) => each.name === name)!
  }

  #http(deps: DataPlaneDeps, limits: ConnectionLimits, egress: Egress): Port {
    const { settings, runtime, gateway, authenticator, telemetry, secret, onDefect } = deps
    const ingress = createHttpIngress({
      dispatcher: gateway,
      authenticator: authenticator.byToken,
      host: settings.listen.http.host,
      runtime,
      settings: { ...settings.limits, maxStalenessMs },
      outputLimits: outputLimits(settings),
      egress,
      hooks: httpHooks(telemetry, onDefect),
      secret,
      servedBy: settings.node.id,
      admitBody: (client, intent, now) => gateway.admitBody(client, intent, now),
    })
    return this.#port('http', deps, { limits, egress }, ingress)
  }

  #resp(deps: DataPlaneDeps, limits: ConnectionLimits, egress: Egress): Port {
    const { settings, runtime, gateway, authenticator, telemetry } = deps
    const { limits: bounds } = settings
    const ingress = createRespIngress({
      dispatcher: gateway,
      authenticator: authenticator.byUser,
      runtime,
      egress,
      telemetry: respHooks(telemetry),
      serverInfo: () => {
        const { port, listener } = this.#named('resp')
        return deps.serverInfo(port, listener.open)
      },
      settings: {
        ...bounds,
        ...outputLimits(settings),
        maxArguments: bounds.maxRespArguments,
        maxBulkBytes: respArgumentBytes,
        keptBulkBytes: bounds.maxValueBytes,
        pipelineDepth: bounds.pipelineResp,
        maxStalenessMs,
        splitMset: settings.resp.splitMset,
        idleTimeoutMs: 0,
        outputTimeoutMs: bounds.requestTimeoutMs,
      },
    })
    return this.#port('resp', deps, { limits, egress }, ingress)
  }

  #port(
    name: Port['name'],
    { settings, runtime, telemetry }: DataPlaneDeps,
    { limits, egress }: { readonly limits: ConnectionLimits; readonly egress: Egress },
    ingress: ReturnType<typeof createHttpIngress> | ReturnType<typeof createRespIngress>,
  ): Port {
    const refused = { total: 0, 'per-address': 0, rate: 0, handshakes: 0 }
    const { host, port } = settings.listen[name]
    const { tls } = settings.security
    const listener = createListener(
      { host, port, ...(tls === undefined ? {} : { tls }) },
      {
        ...runtime,
        limits,
        lastWord: (refusal) => ingress.lastWord(refusal),
        onArrival: () => egress.turns.arrived(),
        onRefused: (refusal, address) => {
          refused[refusal] += 1
          telemetry.requests.shed('connections')
          if (refusal !== 'handshakes') this.#warnings.refused(refusal, address)
        },
      },
      (socket, origin) => ingress.accept(socket, origin),
    )
    return { name, host, listener, output: ingress.output, room: ingress.room, refused, port }
  }
}

/** What is left of the files that the process may open is for the store, the log and the admin port. */
function connectionLimits({ limits }: Settings): Settings['limits'] {
  const share = Math.floor((openFileLimit() ?? Number.POSITIVE_INFINITY) * fileShares.data)
  return { ...limits, maxConnections: Math.min(limits.maxConnections, share) }
}

function outputLimits({ limits }: Settings): OutboxLimits & EgressLimits {
  return {
    softBytes: limits.outputBufferBytes,
    hardBytes: limits.outputBufferHardBytes,
    totalBytes: limits.outputBufferTotalBytes,
  }
}
