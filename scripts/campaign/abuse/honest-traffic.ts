import type { Address, Addresses } from '../../process/node-process.ts'
import { HttpConnection } from '../http-connection.ts'
import { quantile } from '../quantile.ts'
import { RespConnection, RespError } from '../resp-connection.ts'

export const honestKinds = ['http-get', 'http-put', 'resp-get', 'resp-set'] as const
export type HonestKind = (typeof honestKinds)[number]

export interface HonestReport {
  readonly sent: number
  readonly succeeded: number
  /** 0..1 */
  readonly successRate: number
  /** From the time a request was meant to be sent, of all that were answered or given up. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly p99MsByKind: Readonly<Record<HonestKind, number>>
  /** Why requests failed, with how often. */
  readonly failures: Readonly<Record<string, number>>
  /** Answers that were wrong. */
  readonly problems: readonly string[]
}

interface Request {
  readonly kind: HonestKind
  readonly intendedAt: number
  /** Its key had a value that was acknowledged before: nobody deletes. */
  readonly known: boolean
  over: boolean
}

/** The part of both clients that is needed here. */
interface Client {
  readonly open: boolean
  readonly unanswered: number
  readonly closed: Promise<void>
  close(): void
}

/** Few enough for each to be read again and again in a run of a few seconds. */
const keys = 50
const valueBytes = 128
const connectionsEach = 2
const tickMs = 2
const giveUpMs = 1000
const reopenMs = 100

const keyOf = (index: number): string => `honest:${index}`
const valueOfKey = (key: string): string => `${key} `.padEnd(valueBytes, key)

/** A few connections to one port, opened again when they are lost. */
class Pool<C extends Client> {
  private readonly clients: (C | undefined)[] = []
  private readonly reopen: () => Promise<C>
  private ended = false

  constructor(reopen: () => Promise<C>) {
    this.reopen = reopen
  }

  async open(): Promise<void> {
    for (let i = 0; i < connectionsEach; i++) await this.connect(i)
  }

  /** The open connection with the least to do. */
  get best(): C | undefined {
    let best: C | undefined
    for (const client of this.clients) {
      if (client?.open === true && (best === undefined || client.unanswered < best.unanswered)) best = client
    }
    return best
  }

  end(): void {
    this.ended = true
    for (const client of this.clients) client?.close()
  }

  private async connect(index: number): Promise<void> {
    try {
      const client = await this.reopen()
      this.clients[index] = client
      void client.closed.then(() => this.lost(index))
    } catch {
      this.lost(index)
    }
  }

  private lost(index: number): void {
    this.clients[index] = undefined
    if (!this.ended) setTimeout(() => void this.connect(index), reopenMs)
  }
}

/**
 * What ordinary clients do, as an open loop: requests are due at a fixed rate whatever became of earlier ones, and
 * their latency counts from the time they were due.
 */
export class HonestTraffic {
  private readonly http: Pool<HttpConnection>
  private readonly resp: Pool<RespConnection>
  private readonly intervalMs: number
  private readonly failures = new Map<string, number>()
  private readonly latencies: Record<HonestKind, number[]> = {
    'http-get': [],
    'http-put': [],
    'resp-get': [],
    'resp-set': [],
  }
  private readonly problems: string[] = []
  private readonly underWay = new Set<Request>()
  private readonly written = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private nextAt = 0
  private serial = 0
  private sent = 0
  private succeeded = 0

  constructor({ http, resp }: Addresses, source: string, perSecond: number) {
    this.http = new Pool(() => HttpConnection.open(http, source))
    this.resp = new Pool(() => RespConnection.open(resp, source))
    this.intervalMs = 1000 / perSecond
  }

  /** Connects and begins; resolves when the first requests are under way. */
  async start(): Promise<void> {
    await this.http.open()
    await this.resp.open()
    this.forget()
    this.timer = setInterval(() => this.tick(), tickMs)
  }

  /** Forgets what was measured so far. */
  forget(): void {
    this.nextAt = performance.now()
    this.sent = 0
    this.succeeded = 0
    this.failures.clear()
    this.underWay.clear()
    for (const kind of honestKinds) this.latencies[kind].length = 0
  }

  /** Sends nothing more, waits for what is under way and reports. */
  async stop(): Promise<HonestReport> {
    clearInterval(this.timer)
    const limit = performance.now() + giveUpMs
    while (this.underWay.size > 0 && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 10))
    this.giveUp(Number.POSITIVE_INFINITY)
    this.http.end()
    this.resp.end()
    return this.report()
  }

  private report(): HonestReport {
    const { sent, succeeded, latencies } = this
    const all = honestKinds.flatMap((kind) => latencies[kind])
    return {
      sent,
      succeeded,
      successRate: sent === 0 ? 0 : succeeded / sent,
      p50Ms: quantile(all, 0.5),
      p99Ms: quantile(all, 0.99),
      maxMs: quantile(all, 1),
      p99MsByKind: {
        'http-get': quantile(latencies['http-get'], 0.99),
        'http-put': quantile(latencies['http-put'], 0.99),
        'resp-get': quantile(latencies['resp-get'], 0.99),
        'resp-set': quantile(latencies['resp-set'], 0.99),
      },
      failures: Object.fromEntries(this.failures),
      problems: this.problems,
    }
  }

  private tick(): void {
    const now = performance.now()
    for (; this.nextAt <= now; this.nextAt += this.intervalMs) this.send(this.nextAt)
    this.giveUp(now - giveUpMs)
  }

  private send(intendedAt: number): void {
    const serial = this.serial++
    const key = keyOf(Math.floor(serial / honestKinds.length) % keys)
    const kind = honestKinds[serial % honestKinds.length]!
    const request: Request = { kind, intendedAt, known: this.written.has(key), over: false }
    this.sent++
    this.underWay.add(request)
    if (request.kind.startsWith('http')) this.sendHttp(request, key)
    else this.sendResp(request, key)
  }

  private sendHttp(request: Request, key: string): void {
    const connection = this.http.best
    if (connection === undefined) {
      this.fail(request, 'no connection')
      return
    }
    const path = `/v1/records/${key}`
    const put = request.kind === 'http-put'
    const message = put ? { method: 'PUT', path, body: valueOfKey(key) } : { method: 'GET', path }
    const lost = (): void => this.fail(request, 'connection lost')
    connection.send(
      message,
      ({ status, body }) => {
        if (put ? status === 201 || status === 204 : status === 200 || status === 404) {
          const right = put || (status === 404 ? !request.known : body === valueOfKey(key))
          if (put) this.written.add(key)
          this.succeed(request, right, `${path}: ${status} ${body.slice(0, 60)}`)
        } else this.fail(request, `HTTP ${status} ${/"reason":"([^"]*)"/.exec(body)?.[1] ?? ''}`.trim())
      },
      lost,
    )
  }

  private sendResp(request: Request, key: string): void {
    const connection = this.resp.best
    if (connection === undefined) {
      this.fail(request, 'no connection')
      return
    }
    const set = request.kind === 'resp-set'
    const lost = (): void => this.fail(request, 'connection lost')
    connection.send(
      set ? ['SET', key, valueOfKey(key)] : ['GET', key],
      (reply) => {
        if (set ? reply === 'OK' : reply === null || typeof reply === 'string') {
          const right = set || (reply === null ? !request.known : reply === valueOfKey(key))
          if (set) this.written.add(key)
          this.succeed(request, right, `GET ${key}: ${String(reply).slice(0, 60)}`)
        } else this.fail(request, (reply instanceof RespError ? reply.message : JSON.stringify(reply)).slice(0, 80))
      },
      lost,
    )
  }

  private succeed(request: Request, right: boolean, what: string): void {
    if (request.over || !this.underWay.delete(request)) return
    request.over = true
    this.latencies[request.kind].push(performance.now() - request.intendedAt)
    if (right) this.succeeded++
    else this.problems.push(`wrong answer to ${what}`)
  }

  private fail(request: Request, why: string): void {
    if (request.over || !this.underWay.delete(request)) return
    request.over = true
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1)
  }

  /** Requests that were due before `limit` and have no answer count as failed, with the time they waited. */
  private giveUp(limit: number): void {
    for (const request of this.underWay) {
      if (request.intendedAt > limit) return
      this.latencies[request.kind].push(performance.now() - request.intendedAt)
      this.fail(request, `no answer for ${giveUpMs} ms`)
    }
  }
}

/** One request of the admin port over a connection of its own; status 0 if there was none. */
export async function askAdmin(
  admin: Address,
  path: string,
  source: string,
): Promise<{ status: number; body: string }> {
  try {
    const connection = await HttpConnection.open(admin, source)
    const headers = { Connection: 'close' }
    const limit = setTimeout(() => connection.close(), giveUpMs * 2)
    const answer = await connection.ask({ method: 'GET', path, headers })
    clearTimeout(limit)
    connection.close()
    return answer
  } catch {
    return { status: 0, body: '' }
  }
}
