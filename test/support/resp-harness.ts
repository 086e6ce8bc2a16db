import { ConnectionLimits } from '../../src/ingress/connection-limits.ts'
import { createEgress } from '../../src/ingress/egress.ts'
import { createListener, type Listener } from '../../src/ingress/listener.ts'
import { createRespIngress } from '../../src/ingress/resp/ingress.ts'
import type { Authenticator, RespSettings } from '../../src/ingress/resp/resp-server.ts'
import type { Client } from '../../src/operation/operation.ts'
import { Roles } from '../../src/operation/roles.ts'
import { type Runtime, systemRuntime } from '../../src/runtime/runtime.ts'
import { type FakeMode, FakePointDispatcher } from './fake-point-dispatcher.ts'

export const respSettings: RespSettings = {
  maxArguments: 100_000,
  maxBulkBytes: 512 * 1024 * 1024,
  keptBulkBytes: 1024 * 1024,
  maxRequestBytes: 8 * 1024 * 1024,
  maxValueBytes: 1024 * 1024,
  softBytes: 256 * 1024,
  hardBytes: 64 * 1024 * 1024,
  pipelineDepth: 128,
  timeoutMs: 2000,
  queryTimeoutMs: 5000,
  maxStalenessMs: 1000,
  mergeBudgetBytes: 1024 * 1024,
  maxBatchOps: 1000,
  splitMset: false,
  requestTimeoutMs: 10_000,
  idleTimeoutMs: 0,
  outputTimeoutMs: 10_000,
}

export const anybody: Client = { name: 'default', roles: new Roles(['read', 'write']) }

/** Lets everybody in. */
export const openHouse: Authenticator = {
  generation: 0,
  anonymous: anybody,
  authenticate: () => undefined,
  renew: (client) => client,
}

export interface RespHarness {
  readonly port: number
  readonly dispatcher: FakePointDispatcher
  readonly listener: Listener
  readonly batches: { kind: 'read' | 'write'; count: number }[]
  close(): Promise<void>
}

export interface HarnessOptions {
  readonly settings?: Partial<RespSettings>
  readonly authenticator?: Authenticator
  readonly mode?: FakeMode
  readonly runtime?: Runtime
}

/** The Redis protocol over a fake gateway, on a loopback port of its own. */
export async function startResp(options: HarnessOptions = {}): Promise<RespHarness> {
  const runtime = options.runtime ?? systemRuntime
  const settings = { ...respSettings, ...options.settings }
  const { maxValueBytes } = settings
  const dispatcher = new FakePointDispatcher({ runtime, mode: options.mode ?? 'sync', maxValueBytes })
  const batches: RespHarness['batches'] = []
  let port = 0
  const ingress = createRespIngress({
    dispatcher,
    authenticator: options.authenticator ?? openHouse,
    runtime,
    settings,
    egress: createEgress(runtime, { ...settings, totalBytes: 1 << 28 }),
    telemetry: { onBatch: (kind, count) => batches.push({ kind, count }), onError: () => undefined },
    serverInfo: () => ({
      processId: process.pid,
      port,
      uptimeMs: 0,
      connectedClients: listener.open,
      maxClients: 1000,
      usedMemoryBytes: 0,
      keys: 0,
      durable: false,
    }),
  })
  const limits = new ConnectionLimits(
    { maxConnections: 1000, maxConnectionsPerIp: 1000, trustedAddresses: ['127.0.0.1'] },
    runtime.clock,
  )
  const listener = createListener(
    { host: '127.0.0.1', port: 0 },
    { clock: runtime.clock, timers: runtime.timers, limits, lastWord: ingress.lastWord },
    ingress.accept,
  )
  port = await listener.listen()
  return { port, dispatcher, listener, batches, close: () => listener.close(0) }
}
