import type { ErrorCode, ShedReason } from '../../src/errors.ts'
import { ConnectionLimits } from '../../src/ingress/connection-limits.ts'
import { createEgress } from '../../src/ingress/egress.ts'
import type { Authenticator } from '../../src/ingress/http/authentication.ts'
import { createHttpIngress, type HttpIngressDeps } from '../../src/ingress/http/ingress.ts'
import type { HttpSettings } from '../../src/ingress/http/settings.ts'
import { createListener, type Listener } from '../../src/ingress/listener.ts'
import type { Body } from '../../src/operation/body.ts'
import type { Client, Operation } from '../../src/operation/operation.ts'
import { type Role, Roles } from '../../src/operation/roles.ts'
import { seededRandom } from '../../src/runtime/random.ts'
import { type Runtime, systemRuntime } from '../../src/runtime/runtime.ts'
import type { Timers } from '../../src/runtime/timers.ts'
import { FakeDispatcher } from './fake-dispatcher.ts'
import { RawHttp } from './raw-http.ts'

export const httpSettings: HttpSettings = {
  maxHeaderBytes: 8192,
  maxHeaders: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 75_000,
  maxValueBytes: 1024 * 1024,
  maxRequestBytes: 8 * 1024 * 1024,
  maxBatchOps: 100,
  pipelineHttp: 4,
  timeoutMs: 1000,
  queryTimeoutMs: 5000,
  maxStalenessMs: 500,
  bodyBudgetBytes: 64 * 1024 * 1024,
}

export const client = (name: string, ...roles: Role[]): Client => ({ name, roles: new Roles(roles) })

const outputLimits = { softBytes: 1024 * 1024, hardBytes: 8 * 1024 * 1024, totalBytes: 256 * 1024 * 1024 }

/** Everybody may do everything; `Bearer reader` only reads, `Bearer writer` only writes, other tokens are unknown. */
export class FakeAuthenticator implements Authenticator {
  generation = 0
  asked = 0
  anonymous: Client | undefined = client('anonymous', 'read', 'write')

  authenticate(token: Uint8Array | undefined): Client | undefined {
    this.asked++
    const name = token === undefined ? undefined : Buffer.from(token).toString()
    if (name === undefined) return this.anonymous
    if (name === 'reader') return client(name, 'read')
    if (name === 'writer') return client(name, 'write')
    return undefined
  }
}

export interface Request {
  readonly kind: string
  readonly status: number
  readonly error: ErrorCode | undefined
  readonly reason: ShedReason | undefined
}

/** A clock that adds what a test wants to real time, and a sweep that runs when the test says so. */
export class Fixture {
  readonly dispatcher = new FakeDispatcher()
  readonly authenticator = new FakeAuthenticator()
  readonly requests: Request[] = []
  readonly defects: unknown[] = []
  readonly ingress: ReturnType<typeof createHttpIngress>
  readonly seed = systemRuntime.random.integer(2 ** 31)
  readonly random = seededRandom(this.seed)
  advancedMs = 0
  port = 0
  private readonly listener: Listener
  private readonly periodic: (() => void)[] = []
  private readonly clients: RawHttp[] = []

  constructor(settings: Partial<HttpSettings> = {}, extra: Partial<HttpIngressDeps> = {}) {
    const clock = {
      now: () => systemRuntime.clock.now() + this.advancedMs,
      wallMs: () => this.wallMs(),
    }
    const timers: Timers = {
      ...systemRuntime.timers,
      every: (_periodMs, task) => {
        this.periodic.push(task)
        return { cancel: () => this.periodic.splice(0) }
      },
    }
    const runtime: Runtime = { ...systemRuntime, clock, timers }
    this.ingress = createHttpIngress({
      dispatcher: this.dispatcher,
      authenticator: this.authenticator,
      host: '0.0.0.0',
      runtime,
      settings: { ...httpSettings, ...settings },
      outputLimits,
      egress: createEgress(runtime, outputLimits),
      hooks: {
        onRequest: (kind, _arrivedAt, _endedAt, status, error) =>
          this.requests.push({ kind, status, error: error?.code, reason: error?.reason }),
        onDefect: (error) => this.defects.push(error),
      },
      secret: Buffer.alloc(32, 1),
      servedBy: 'n1',
      admitBody: () => undefined,
      ...extra,
    })
    const limits = new ConnectionLimits(
      { maxConnections: 1000, maxConnectionsPerIp: 1000, trustedAddresses: ['127.0.0.1'] },
      clock,
    )
    const { accept, lastWord } = this.ingress
    this.listener = createListener({ host: '127.0.0.1', port: 0 }, { clock, timers, limits, lastWord }, accept)
  }

  /** Runs a test against a listening ingress, and closes everything behind it. */
  static async run(
    test: (fixture: Fixture) => Promise<void>,
    settings: Partial<HttpSettings> = {},
    extra: Partial<HttpIngressDeps> = {},
  ): Promise<void> {
    const fixture = new Fixture(settings, extra)
    fixture.port = await fixture.listener.listen()
    try {
      await test(fixture)
    } finally {
      for (const open of fixture.clients) open.destroy()
      await fixture.close(100)
    }
    if (fixture.defects.length > 0) throw fixture.defects[0]
  }

  wallMs(): number {
    return systemRuntime.clock.wallMs() + this.advancedMs
  }

  /** The last operation that reached the dispatcher. */
  last(): Operation {
    const operation = this.dispatcher.seen.at(-1)
    if (operation === undefined) throw new Error('nothing was dispatched')
    return operation
  }

  /** How long the last operation may take, in whole milliseconds. */
  timeoutMs(): number {
    const { deadline, arrivedAt } = this.last()
    return Math.round(deadline - arrivedAt)
  }

  lastBody<K extends Body['kind']>(kind: K): Extract<Body, { kind: K }> {
    const { body } = this.last()
    if (body.kind !== kind) throw new Error(`the last operation was ${body.kind}, not ${kind}`)
    return body as Extract<Body, { kind: K }>
  }

  async connect(): Promise<RawHttp> {
    const connected = await RawHttp.connect(this.port)
    this.clients.push(connected)
    return connected
  }

  get openConnections(): number {
    return this.listener.open
  }

  close(drainMs = 1000): Promise<void> {
    return this.listener.close(drainMs)
  }

  /** Lets this much time pass, and the sweep come by. */
  pass(ms: number): void {
    this.advancedMs += ms
    for (const task of [...this.periodic]) task()
  }

  /** Resolves once the condition holds; it is looked at whenever the event loop has turned. */
  async until(condition: () => boolean): Promise<void> {
    const giveUpAt = systemRuntime.clock.now() + 5000
    while (!condition()) {
      if (systemRuntime.clock.now() > giveUpAt) throw new Error(`never came true: ${condition}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
