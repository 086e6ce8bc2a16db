import type { Socket } from 'node:net'
import type { Address } from '../process/node-process.ts'
import { openSocket } from './open-socket.ts'

/** An error reply, without its `-`. */
export class RespError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** Text is characters 0..255, one for each byte. */
export type RespReply = string | number | null | RespError | readonly RespReply[]

const incomplete = Symbol('incomplete')

/** Reads RESP2 replies from chunks cut anywhere. */
export class RespReplies {
  private bytes: Buffer = Buffer.alloc(0)
  private at = 0
  private readonly chunks: Buffer[] = []
  private waitingBytes = 0
  /** There is no whole reply before so many bytes have come. */
  private needed = 0

  feed(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.waitingBytes += chunk.length
    if (this.bytes.length - this.at + this.waitingBytes < this.needed) return
    this.bytes = Buffer.concat([this.bytes.subarray(this.at), ...this.chunks])
    this.at = 0
    this.chunks.length = 0
    this.waitingBytes = 0
    this.needed = 0
  }

  /** The next reply; undefined if it is not whole yet. Throws on what is no reply. */
  next(): RespReply | undefined {
    const before = this.at
    if (before === this.bytes.length || this.needed > 0) return undefined
    const reply = this.read()
    if (reply !== incomplete) return reply
    this.needed = Math.max(this.needed - before, this.bytes.length - before + 1)
    this.at = before
    return undefined
  }

  private read(): RespReply | typeof incomplete {
    const end = this.bytes.indexOf('\r\n', this.at)
    if (end < 0) return incomplete
    const type = String.fromCharCode(this.bytes[this.at]!)
    const line = this.bytes.latin1Slice(this.at + 1, end)
    this.at = end + 2
    if (type === '+') return line
    if (type === '-') return new RespError(line)
    if (type === ':') return Number(line)
    if (type === '$') return this.bulk(Number(line))
    if (type === '*') return this.array(Number(line))
    throw new Error(`not a reply: ${JSON.stringify(type + line.slice(0, 60))}`)
  }

  private bulk(length: number): string | null | typeof incomplete {
    if (length < 0) return null
    const end = this.at + length
    if (end + 2 > this.bytes.length) {
      this.needed = end + 2
      return incomplete
    }
    const text = this.bytes.latin1Slice(this.at, end)
    this.at = end + 2
    return text
  }

  private array(length: number): RespReply | typeof incomplete {
    if (length < 0) return null
    const elements: RespReply[] = []
    for (let i = 0; i < length; i++) {
      const element = this.read()
      if (element === incomplete) return incomplete
      elements.push(element)
    }
    return elements
  }
}

/** A command in multibulk form; arguments are characters 0..255. */
export function commandText(...args: readonly string[]): string {
  return listText(args)
}

function listText(args: readonly string[]): string {
  let text = `*${args.length}\r\n`
  for (const arg of args) text += `$${arg.length}\r\n${arg}\r\n`
  return text
}

interface Waiting {
  onReply(reply: RespReply): void
  onLost?(): void
}

/** The part of `RespConnection` that those who use one need. */
export type RespClient = Pick<RespConnection, 'open' | 'unanswered' | 'send' | 'ask'>

/** One connection to the Redis port: commands go out together once a turn, replies come in their order. */
export class RespConnection {
  /** Resolves when the connection is over and everything it brought has been handed on. */
  readonly closed: Promise<void>
  private readonly socket: Socket
  private readonly replies = new RespReplies()
  private waiting: Waiting[] = []
  private first = 0
  private outgoing = ''
  private isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.lose()
        resolve()
      })
    })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => this.received(chunk))
  }

  static async open(address: Address, localAddress?: string): Promise<RespConnection> {
    return new RespConnection(await openSocket(address, localAddress))
  }

  get open(): boolean {
    return !this.isClosed
  }

  /** Commands without a reply. */
  get unanswered(): number {
    return this.waiting.length - this.first
  }

  /** Sends a command. If the connection ends before its reply, `onLost` is called, or nothing. */
  send(args: readonly string[], onReply: (reply: RespReply) => void, onLost?: () => void): void {
    if (this.isClosed) {
      onLost?.()
      return
    }
    this.waiting.push(onLost === undefined ? { onReply } : { onReply, onLost })
    if (this.outgoing === '') setImmediate(() => this.flush())
    this.outgoing += listText(args)
  }

  /** Sends a command; rejects if the connection ends without its reply. */
  ask(...args: readonly string[]): Promise<RespReply> {
    return this.askList(args)
  }

  /** As `ask`, for more arguments than a call can have. */
  askList(args: readonly string[]): Promise<RespReply> {
    return new Promise((resolve, reject) => {
      this.send(args, resolve, () => reject(new Error(`the connection ended before the reply to ${args[0]}`)))
    })
  }

  close(): void {
    this.socket.destroy()
  }

  private flush(): void {
    this.socket.write(this.outgoing, 'latin1')
    this.outgoing = ''
  }

  private received(chunk: Buffer): void {
    this.replies.feed(chunk)
    for (let reply = this.replies.next(); reply !== undefined; reply = this.replies.next()) {
      const asked = this.waiting[this.first++]
      if (asked === undefined) throw new Error('a reply that nobody asked for')
      asked.onReply(reply)
    }
    if (this.first < 1024 && this.first < this.waiting.length) return
    this.waiting.splice(0, this.first)
    this.first = 0
  }

  private lose(): void {
    this.isClosed = true
    const lost = this.waiting.slice(this.first)
    this.waiting = []
    this.first = 0
    for (const { onLost } of lost) onLost?.()
  }
}
