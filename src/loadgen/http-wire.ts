import type { LoadTarget } from './load-settings.ts'
import type { AnswerClass, AnswerParser, AnswerSink, Wire } from './wire.ts'

/** The records API: `GET` and `PUT /v1/records/{key}`, HTTP/1.1 with keep-alive and pipelining. */
export function httpWire(target: LoadTarget): Wire {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  const authorization = target.token === undefined ? '' : `Authorization: Bearer ${target.token}\r\n`
  const fixed = ` HTTP/1.1\r\nHost: ${host}:${target.port}\r\n${authorization}`
  return {
    greeting: '',
    read: (key) => `GET /v1/records/${key}${fixed}\r\n`,
    write: (key, value) =>
      `PUT /v1/records/${key}${fixed}Content-Type: text/plain\r\nContent-Length: ${value.length}\r\n\r\n${value}`,
    parser: (sink) => new HttpAnswers(sink),
  }
}

const none = Buffer.alloc(0)
const headEnd = Buffer.from('\r\n\r\n')
const maxHeadBytes = 64 * 1024
/** A problem document's start is enough to find its code and reason in. */
const problemBytes = 4096

/** Reads answers with `Content-Length` or no body; bodies are skipped, except the start of a problem document. */
class HttpAnswers implements AnswerParser {
  private readonly sink: AnswerSink
  private rest: Buffer = none
  private status = 0
  private bodyLeft = 0
  private problem = ''

  constructor(sink: AnswerSink) {
    this.sink = sink
  }

  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    while (at < bytes.length) {
      if (this.status !== 0) {
        at = this.skipBody(bytes, at)
        continue
      }
      const end = bytes.indexOf(headEnd, at)
      if (end === -1) break
      this.readHead(bytes.latin1Slice(at, end))
      at = end + headEnd.length
      if (this.status !== 0 && this.bodyLeft === 0) this.finish()
    }
    if (bytes.length - at > maxHeadBytes) throw new Error('the answer has an endless header section')
    this.rest = at === bytes.length ? none : Buffer.from(bytes.subarray(at))
  }

  private readHead(head: string): void {
    const status = Number(head.slice(9, 12))
    if (!head.startsWith('HTTP/1.') || !(status >= 100 && status <= 599)) throw new Error('the answer is not HTTP/1.1')
    if (status < 200) return
    const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head)
    const bodyless = status === 204 || status === 304
    if (length === null && !bodyless) throw new Error('the answer has no Content-Length')
    this.status = status
    this.bodyLeft = bodyless ? 0 : Number(length?.[1])
    this.problem = ''
  }

  private skipBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.bodyLeft)
    if (this.status >= 400 && this.problem.length < problemBytes) this.problem += bytes.latin1Slice(at, end)
    this.bodyLeft -= end - at
    if (this.bodyLeft === 0) this.finish()
    return end
  }

  private finish(): void {
    const { status, problem } = this
    this.status = 0
    if (status < 400) {
      this.sink('ok', '')
      return
    }
    const code = /"code" ?: ?"([a-z-]+)"/.exec(problem)?.[1]
    const reason = /"reason" ?: ?"([a-z-]+)"/.exec(problem)?.[1]
    this.sink(classOf(status, code), reason ?? code ?? `http-${status}`)
  }
}

function classOf(status: number, code: string | undefined): AnswerClass {
  // Whatever else is not there, a route or a server that is no Headgate, is no record that is missing.
  if (code === 'not-found') return 'miss'
  return status === 429 || (status === 503 && code !== 'unavailable') ? 'shed' : 'error'
}
