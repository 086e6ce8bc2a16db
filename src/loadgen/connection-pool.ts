import type { Runtime } from '../runtime/runtime.ts'
import { Connection, type ConnectionOwner, type ConnectionSettings } from './connection.ts'
import { LoadFailure } from './load-settings.ts'
import { formatTarget } from './target.ts'
import type { AnswerClass } from './wire.ts'

/** Connections being opened at one time: below the accept backlog of any server. */
const openingAtOnce = 64

export interface PoolOwner {
  onAnswer(intendedAt: number, at: number, answer: AnswerClass, detail: string): void
  /** Less is in flight than before; what is submitted now is sent when this returns. */
  onCapacity(): void
}

/** Of the codes a person may meet on the first try; others are shown as they are. */
const plainReasons: Readonly<Record<string, string>> = {
  econnrefused: 'nothing answers there; is it running?',
  enotfound: 'nobody knows that host',
  etimedout: 'it does not answer',
  ehostunreach: 'there is no way to that host',
  'connection-closed': 'it closes the connection at once',
}

/** A fixed number of connections; requests go round over those that have a free slot. */
export class ConnectionPool implements ConnectionOwner {
  private readonly settings: ConnectionSettings
  private readonly connections: Connection[]
  private readonly ready: Connection[] = []
  private readonly queued = new Set<Connection>()
  private readonly lost = new Set<Connection>()
  private readonly unflushed = new Set<Connection>()
  private owner: PoolOwner | undefined
  private onOpened: (() => void) | undefined
  private onOpenFailed: ((failure: LoadFailure) => void) | undefined

  constructor(settings: ConnectionSettings & { readonly connections: number }, runtime: Runtime) {
    this.settings = settings
    this.connections = Array.from({ length: settings.connections }, () => new Connection(settings, runtime, this))
  }

  /** Opens all connections. Rejects with a `LoadFailure` when one cannot be opened. */
  async open(): Promise<void> {
    for (let from = 0; from < this.connections.length; from += openingAtOnce) {
      const batch = this.connections.slice(from, from + openingAtOnce)
      let missing = batch.length
      await new Promise<void>((resolve, reject) => {
        this.onOpened = () => {
          missing--
          if (missing === 0) resolve()
        }
        this.onOpenFailed = reject
        for (const connection of batch) connection.open()
      })
    }
  }

  /** From now on `owner` gets the answers. */
  attach(owner: PoolOwner): void {
    this.owner = owner
  }

  /** Connections that the target closed, once or more often. */
  get closedByTarget(): number {
    return this.lost.size
  }

  get inFlight(): number {
    return this.connections.reduce((sum, connection) => sum + connection.inFlight, 0)
  }

  /** Hands a request to a connection with a free slot; false if there is none. `flush` sends it. */
  submit(request: () => string, intendedAt: number): boolean {
    for (;;) {
      const connection = this.ready.shift()
      if (connection === undefined) return false
      this.queued.delete(connection)
      if (connection.free === 0) continue
      connection.send(request(), intendedAt)
      this.unflushed.add(connection)
      if (connection.free > 0) this.enqueue(connection)
      return true
    }
  }

  flush(): void {
    for (const connection of this.unflushed) connection.flush()
    this.unflushed.clear()
  }

  /** Ends all connections and returns how many requests had no answer. */
  end(): number {
    const unanswered = this.inFlight
    for (const connection of this.connections) connection.end()
    return unanswered
  }

  onAnswer(intendedAt: number, at: number, answer: AnswerClass, detail: string): void {
    this.owner?.onAnswer(intendedAt, at, answer, detail)
  }

  onOpen(connection: Connection): void {
    this.enqueue(connection)
    this.onOpened?.()
  }

  onReady(connection: Connection): void {
    this.enqueue(connection)
    this.owner?.onCapacity()
    this.flush()
  }

  onLost(connection: Connection): void {
    this.lost.add(connection)
  }

  onOpenFailure(_connection: Connection, reason: string): void {
    const kind = reason.startsWith('the target refused') ? 'refused' : 'unreachable'
    this.onOpenFailed?.(
      new LoadFailure(kind, `cannot use ${formatTarget(this.settings.target)}: ${plainReasons[reason] ?? reason}`),
    )
  }

  private enqueue(connection: Connection): void {
    if (this.queued.has(connection)) return
    this.queued.add(connection)
    this.ready.push(connection)
  }
}
