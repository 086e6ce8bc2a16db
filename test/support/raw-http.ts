import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  text(): string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  json(): any
}

export interface RawRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** An HTTP client that sends exactly the bytes it is given: targets are not normalised, requests not checked. */
export class RawHttp {
  readonly socket: Socket
  private buffer: Buffer = Buffer.alloc(0)
  private ended = false
  private readonly methods: string[] = []
  private wakeUp: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.buffer = Buffer.concat([this.buffer, bytes])
      this.wakeUp()
    })
    socket.on('close', () => {
      this.ended = true
      this.wakeUp()
    })
    socket.on('error', () => {})
  }

  static async connect(port: number): Promise<RawHttp> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    socket.on('end', () => socket.end())
    return new RawHttp(socket)
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends one request and waits for its answer. */
  call(method: string, target: string, request: RawRequest = {}): Promise<RawAnswer> {
    this.send(encode(method, target, request))
    return this.answer(method)
  }

  /** The next answer; `method` HEAD means it has no body. */
  async answer(method = 'GET'): Promise<RawAnswer> {
    this.methods.push(method)
    for (;;) {
      const answer = this.take(method)
      if (answer !== undefined) return answer
      if (this.ended) throw new Error(`the connection closed; left: ${this.buffer.toString('latin1').slice(0, 200)}`)
      await this.more()
    }
  }

  /** Resolves when the server has closed the connection, with what came that nobody asked for. */
  async closed(): Promise<string> {
    while (!this.ended) await this.more()
    return this.buffer.toString('latin1')
  }

  destroy(): void {
    this.socket.destroy()
  }

  private more(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve
    })
  }

  private take(method: string): RawAnswer | undefined {
    const headEnd = this.buffer.indexOf('\r\n\r\n')
    if (headEnd < 0) return undefined
    const [statusLine = '', ...lines] = this.buffer.toString('latin1', 0, headEnd).split('\r\n')
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    )
    if (headers.size !== lines.length) throw new Error(`a header came twice: ${lines.join(' | ')}`)
    const status = Number(statusLine.split(' ')[1])
    const start = headEnd + 4
    const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304
    const found = bodiless ? { body: Buffer.alloc(0), end: start } : this.takeBody(headers, start)
    if (found === undefined) return undefined
    this.buffer = this.buffer.subarray(found.end)
    const { body } = found
    return { status, headers, body, text: () => body.toString('utf8'), json: () => JSON.parse(body.toString('utf8')) }
  }

  private takeBody(headers: Map<string, string>, start: number): { body: Buffer; end: number } | undefined {
    const length = headers.get('content-length')
    if (length !== undefined) {
      const end = start + Number(length)
      return end <= this.buffer.length ? { body: this.buffer.subarray(start, end), end } : undefined
    }
    if (headers.get('transfer-encoding') !== 'chunked') {
      return this.ended ? { body: this.buffer.subarray(start), end: this.buffer.length } : undefined
    }
    const pieces: Buffer[] = []
    for (let at = start; ; ) {
      const lineEnd = this.buffer.indexOf('\r\n', at)
      if (lineEnd < 0) return undefined
      const size = Number.parseInt(this.buffer.toString('latin1', at, lineEnd), 16)
      const end = lineEnd + 2 + size
      if (end + 2 > this.buffer.length) return undefined
      if (size === 0) return { body: Buffer.concat(pieces), end: end + 2 }
      pieces.push(this.buffer.subarray(lineEnd + 2, end))
      at = end + 2
    }
  }
}

export function encode(method: string, target: string, { headers = {}, body }: RawRequest = {}): Buffer {
  const content = body === undefined ? Buffer.alloc(0) : Buffer.from(body as Uint8Array)
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const framed =
    body !== undefined && !Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name))
  if (framed) lines.push(`Content-Length: ${content.length}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), content])
}
