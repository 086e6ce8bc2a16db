import { connect, type Socket } from 'node:net'
import type { Address } from '../../process/node-process.ts'
import type { AttackContext } from './attack.ts'

const keptBytes = 64 * 1024
const connectLimitMs = 5000

export interface RawOptions {
  /** Never reads what comes until `read` is called. */
  readonly deaf?: boolean
}

/** A client that sends whatever bytes it likes. */
export class RawClient {
  /** Resolves when the connection is over, from whatever side. */
  readonly closed: Promise<void>
  /** The first 64 KiB that came, as characters 0..255. */
  received = ''
  receivedBytes = 0
  isClosed = false
  private readonly socket: Socket
  private onData: (() => void) | undefined

  private constructor(socket: Socket, deaf: boolean) {
    this.socket = socket
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.isClosed = true
        this.onData?.()
        resolve()
      })
    })
    socket.on('error', () => undefined)
    if (!deaf) this.read()
  }

  /** Undefined if no connection came about. */
  static open({ host, port }: Address, source: string, options: RawOptions = {}): Promise<RawClient | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ host, port, localAddress: source, noDelay: true })
      const timer = setTimeout(() => socket.destroy(), connectLimitMs)
      socket.once('connect', () => {
        clearTimeout(timer)
        resolve(new RawClient(socket, options.deaf === true))
      })
      socket.once('error', () => undefined)
      socket.once('close', () => {
        clearTimeout(timer)
        resolve(undefined)
      })
    })
  }

  /** False if the system takes no more for now. */
  send(bytes: string | Buffer): boolean {
    if (!this.socket.writable) return false
    return this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Resolves when what was sent has been taken, the connection is over or the time is up. */
  taken(limitMs: number): Promise<void> {
    if (!this.socket.writableNeedDrain) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      this.socket.once('drain', done)
      void this.closed.then(done)
    })
  }

  /** Begins to read. */
  read(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length
      if (this.received.length < keptBytes) this.received += chunk.latin1Slice()
      this.onData?.()
    })
  }

  /** Resolves true when `enough` holds of what was received; false if the connection or the time is over first. */
  until(enough: (received: string) => boolean, limitMs: number): Promise<boolean> {
    if (enough(this.received)) return Promise.resolve(true)
    if (this.isClosed) return Promise.resolve(false)
    return new Promise((resolve) => {
      const end = (found: boolean): void => {
        clearTimeout(timer)
        this.onData = undefined
        resolve(found)
      }
      const timer = setTimeout(() => end(false), limitMs)
      this.onData = () => {
        if (enough(this.received)) end(true)
        else if (this.isClosed) end(false)
      }
    })
  }

  /** Resolves true when the connection is over, false if the time is over first. */
  over(limitMs: number): Promise<boolean> {
    return this.until(() => this.isClosed, limitMs).then(() => this.isClosed)
  }

  /** Ends this side. */
  end(): void {
    this.socket.end()
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** Status codes of the HTTP answers in what was received. */
export function statusesIn(received: string): readonly number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]))
}

/** Turned away at the door: too many connections, or too many new ones, of this address or in all. */
export function isRefusal(received: string): boolean {
  return /max number of clients|reason=connections|opens connections too fast|as many connections as/.test(received)
}

/** Hands out source addresses in turn. */
export class Sources {
  private readonly addresses: readonly string[]
  private next = 0

  constructor({ sources, random }: AttackContext) {
    this.addresses = sources
    this.next = random.integer(sources.length)
  }

  take(): string {
    this.next = (this.next + 1) % this.addresses.length
    return this.addresses[this.next]!
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Repeats `turn` in `lanes` lanes until the deadline; each call gets its number. */
export async function repeat(
  { deadline }: AttackContext,
  lanes: number,
  turn: (serial: number) => Promise<void>,
): Promise<void> {
  let serial = 0
  const lane = async (): Promise<void> => {
    while (performance.now() < deadline) await turn(serial++)
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.round(lanes)) }, lane))
}
