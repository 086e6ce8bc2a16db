import { connect, type Socket } from 'node:net'
import { commandBytes, replyLength } from './resp-reply.ts'

/** A client that shows the bytes of each reply. */
export class RespClient {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #ended = false
  #waiting: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    const wake = (): void => this.#waiting?.()
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      wake()
    })
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#ended = true
        wake()
      })
    }
  }

  static connect(port: number, host = '127.0.0.1'): Promise<RespClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, noDelay: true, allowHalfOpen: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeListener('error', reject)
        resolve(new RespClient(socket))
      })
    })
  }

  /** Sends one command, answers the bytes of its reply as text of characters 0..255. */
  async ask(...args: readonly (string | Uint8Array)[]): Promise<string> {
    this.socket.write(commandBytes(...args))
    return await this.reply()
  }

  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** The next reply; `<end>` (after what came instead of one) if the connection is over. */
  async reply(): Promise<string> {
    for (;;) {
      const length = this.#received.length === 0 ? -1 : replyLength(this.#received, 0)
      if (length > 0) {
        const text = this.#received.latin1Slice(0, length)
        this.#received = this.#received.subarray(length)
        return text
      }
      if (this.#ended) return `${this.#received.latin1Slice()}<end>`
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  /** Everything until the connection is over. */
  async rest(): Promise<string> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
    const text = this.#received.latin1Slice()
    this.#received = Buffer.alloc(0)
    return text
  }

  close(): void {
    this.socket.destroy()
  }
}
