import type { Socket } from 'node:net'
import type { Address } from '../process/node-process.ts'
import { openSocket } from './open-socket.ts'

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; the last of several wins. */
  readonly headers: ReadonlyMap<string, string>
  /** Characters 0..255. */
  readonly body: string
}

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Characters 0..255. */
  readonly body?: string
}

interface Waiting {
  readonly headOnly: boolean
  onAnswer(answer: HttpAnswer): void
  onLost(): void
}

export function requestText({ method, path, headers = {}, body }: HttpRequest): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`)
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** Reads answers that have a Content-Length or no body: what Headgate sends but for its streams. */
export class HttpAnswers {
  private text = ''

  feed(chunk: Buffer): void {
    this.text += chunk.latin1Slice()
  }

  /** The next answer; undefined if it is not whole yet. `headOnly`: it has no body whatever its headers say. */
  next(headOnly: boolean): HttpAnswer | undefined {
    const end = this.text.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first = '', ...lines] = this.text.slice(0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) throw new Error(`not an answer: ${JSON.stringify(first.slice(0, 60))}`)
    const headers = new Map(lines.map(headerOf))
    const bare = headOnly || status < 200 || status === 204 || status === 304
    const length = bare ? 0 : Number(headers.get('content-length') ?? Number.NaN)
    if (Number.isNaN(length)) throw new Error(`an answer of unknown length: ${first}`)
    const bodyAt = end + 4
    if (this.text.length < bodyAt + length) return undefined
    const body = this.text.slice(bodyAt, bodyAt + length)
    this.text = this.text.slice(bodyAt + length)
    return { status, headers, body }
  }
}

function headerOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

/** The part of `HttpConnection` that those who use one need. */
export type HttpClient = Pick<HttpConnection, 'open' | 'ask'>

/** One keep-alive connection to the HTTP port; several requests may be under way. */
export class HttpConnection {
  /** Resolves when the connection is over and everything it brought has been handed on. */
  readonly closed: Promise<void>
  private readonly socket: Socket
  private readonly answers = new HttpAnswers()
  private waiting: Waiting[] = []
  private isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.isClosed = true
        for (const { onLost } of this.waiting.splice(0)) onLost()
        resolve()
      })
    })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => this.received(chunk))
  }

  static async open(address: Address, localAddress?: string): Promise<HttpConnection> {
    return new HttpConnection(await openSocket(address, localAddress))
  }

  get open(): boolean {
    return !this.isClosed
  }

  /** Requests without an answer. */
  get unanswered(): number {
    return this.waiting.length
  }

  send(request: HttpRequest, onAnswer: (answer: HttpAnswer) => void, onLost: () => void): void {
    if (this.isClosed) {
      onLost()
      return
    }
    this.waiting.push({ headOnly: request.method === 'HEAD', onAnswer, onLost })
    this.socket.write(requestText(request), 'latin1')
  }

  /** Rejects if the connection ends without the answer. */
  ask(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const lost = () =>
        reject(new Error(`the connection ended before the answer to ${request.method} ${request.path}`))
      this.send(request, resolve, lost)
    })
  }

  close(): void {
    this.socket.destroy()
  }

  private received(chunk: Buffer): void {
    this.answers.feed(chunk)
    while (this.waiting.length > 0) {
      const answer = this.answers.next(this.waiting[0]!.headOnly)
      if (answer === undefined) return
      this.waiting.shift()!.onAnswer(answer)
    }
  }
}
