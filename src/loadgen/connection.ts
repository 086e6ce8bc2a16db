import { connect, type Socket } from 'node:net'
import type { Runtime } from '../runtime/runtime.ts'
import type { LoadTarget } from './load-settings.ts'
import type { AnswerClass, AnswerParser, Wire } from './wire.ts'

const reopenDelayMs = 100

export interface ConnectionSettings {
  readonly target: LoadTarget
  readonly wire: Wire
  /** Requests in flight at most. */
  readonly slots: number
}

export interface ConnectionOwner {
  /** `at` is the time the answer arrived, on the runtime's monotonic clock. */
  onAnswer(intendedAt: number, at: number, answer: AnswerClass, detail: string): void
  /** Opened for the first time. */
  onOpen(connection: Connection): void
  /** What is in flight changed: after answers, after reopening and after closing. */
  onReady(connection: Connection): void
  /** The target closed it after it had been open; it opens again by itself. */
  onLost(connection: Connection): void
  /** Could not open, or the target refused the greeting. A connection that was open before tries again by itself. */
  onOpenFailure(connection: Connection, reason: string): void
}

/** One socket: requests out in few writes, answers matched to them in order. Reopens itself once it had been open. */
export class Connection {
  private readonly settings: ConnectionSettings
  private readonly runtime: Runtime
  private readonly owner: ConnectionOwner
  /** Intended send times of the requests in flight, a ring. */
  private readonly intended: Float64Array
  private first = 0
  private count = 0
  private socket: Socket | undefined
  private parser: AnswerParser | undefined
  private state: 'closed' | 'opening' | 'greeting' | 'open' | 'ended' = 'closed'
  private outgoing = ''
  private wasOpen = false
  private chunkAt = 0

  constructor(settings: ConnectionSettings, runtime: Runtime, owner: ConnectionOwner) {
    this.settings = settings
    this.runtime = runtime
    this.owner = owner
    this.intended = new Float64Array(settings.slots)
  }

  get free(): number {
    return this.state === 'open' ? this.settings.slots - this.count : 0
  }

  get inFlight(): number {
    return this.count
  }

  open(): void {
    const { target, wire } = this.settings
    this.state = 'opening'
    const socket = connect({ host: target.host, port: target.port, noDelay: true })
    this.socket = socket
    this.parser = wire.parser((answer, detail) => this.onAnswer(answer, detail))
    let reason = 'connection-closed'
    socket.on('connect', () => this.onConnect(socket))
    socket.on('data', (chunk) => {
      reason = this.onData(chunk) ?? reason
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = (error.code ?? error.message).toLowerCase()
    })
    socket.on('close', () => this.onClose(reason))
  }

  /** Queues one request; `flush` sends it. Only while `free` > 0. */
  send(request: string, intendedAt: number): void {
    this.intended[(this.first + this.count) % this.settings.slots] = intendedAt
    this.count++
    this.outgoing += request
  }

  flush(): void {
    if (this.outgoing === '') return
    this.socket?.write(this.outgoing, 'latin1')
    this.outgoing = ''
  }

  /** Ends for good; what is in flight stays unanswered. */
  end(): void {
    this.state = 'ended'
    this.socket?.destroy()
  }

  private onConnect(socket: Socket): void {
    const { greeting } = this.settings.wire
    if (greeting === '') {
      this.becomeOpen()
      return
    }
    this.state = 'greeting'
    socket.write(greeting)
  }

  private becomeOpen(): void {
    const reopened = this.wasOpen
    this.state = 'open'
    this.wasOpen = true
    if (reopened) this.owner.onReady(this)
    else this.owner.onOpen(this)
  }

  /** Returns why the connection must end, if it must. */
  private onData(chunk: Buffer): string | undefined {
    this.chunkAt = this.runtime.clock.now()
    const greeting = this.state === 'greeting'
    try {
      this.parser?.push(chunk)
    } catch {
      this.socket?.destroy()
      return 'protocol-violation'
    }
    if (!greeting && this.free > 0) this.owner.onReady(this)
    return undefined
  }

  private onAnswer(answer: AnswerClass, detail: string): void {
    if (this.state === 'greeting') {
      this.onGreeted(answer, detail)
      return
    }
    if (this.count === 0) throw new Error('an answer nobody asked for')
    const intendedAt = this.intended[this.first]!
    this.first = (this.first + 1) % this.settings.slots
    this.count--
    this.owner.onAnswer(intendedAt, this.chunkAt, answer, detail)
  }

  private onGreeted(answer: AnswerClass, detail: string): void {
    if (answer === 'ok') {
      this.becomeOpen()
      return
    }
    this.end()
    this.owner.onOpenFailure(this, `the target refused the token (${detail})`)
  }

  private onClose(reason: string): void {
    if (this.state === 'ended') return
    this.state = 'closed'
    this.outgoing = ''
    const at = this.runtime.clock.now()
    for (; this.count > 0; this.count--) {
      const intendedAt = this.intended[this.first]!
      this.first = (this.first + 1) % this.settings.slots
      this.owner.onAnswer(intendedAt, at, 'error', reason)
    }
    if (!this.wasOpen) {
      this.owner.onOpenFailure(this, reason)
      return
    }
    this.owner.onLost(this)
    this.owner.onReady(this)
    this.runtime.timers.after(reopenDelayMs, () => {
      if (this.state === 'closed') this.open()
    })
  }
}
