import type { LoadTarget } from './load-settings.ts'
import type { AnswerParser, AnswerSink, Wire } from './wire.ts'

/** GET and SET in the Redis protocol. */
export function respWire(target: LoadTarget): Wire {
  const credentials =
    target.token === undefined ? [] : [...(target.user === undefined ? [] : [target.user]), target.token]
  return {
    greeting: credentials.length === 0 ? '' : command('AUTH', ...credentials),
    read: (key) => `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`,
    write: (key, value) => `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`,
    parser: (sink) => new RespAnswers(sink),
  }
}

function command(...parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`
}

const none = Buffer.alloc(0)
const carriageReturn = 13
const maxLineBytes = 64 * 1024

/** Reads the scalar answers GET, SET and AUTH can have; values are skipped. */
class RespAnswers implements AnswerParser {
  private readonly sink: AnswerSink
  private rest: Buffer = none
  /** Bytes of a value and its line end still to come. */
  private skip = 0

  constructor(sink: AnswerSink) {
    this.sink = sink
  }

  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    while (at < bytes.length) {
      if (this.skip > 0) {
        const step = Math.min(this.skip, bytes.length - at)
        this.skip -= step
        at += step
        if (this.skip === 0) this.sink('ok', '')
        continue
      }
      const end = bytes.indexOf(carriageReturn, at)
      if (end === -1 || end + 1 >= bytes.length) break
      this.readLine(bytes.latin1Slice(at, end))
      at = end + 2
    }
    if (bytes.length - at > maxLineBytes) throw new Error('the answer is an endless line')
    this.rest = at === bytes.length ? none : Buffer.from(bytes.subarray(at))
  }

  private readLine(line: string): void {
    const marker = line[0]
    if (marker === '$' && line !== '$-1') {
      const length = Number(line.slice(1))
      if (!Number.isSafeInteger(length) || length < 0) throw new Error('the answer is not the Redis protocol')
      this.skip = length + 2
    } else if (marker === '+' || marker === ':') this.sink('ok', '')
    else if (marker === '_' || marker === '$') this.sink('miss', '')
    else if (marker === '-') this.readError(line)
    else throw new Error('the answer is not the Redis protocol')
  }

  private readError(line: string): void {
    const word = /^-([A-Z]+)/.exec(line)?.[1] ?? 'ERR'
    if (word === 'OVERLOADED') this.sink('shed', /reason=([a-z-]+)/.exec(line)?.[1] ?? 'overloaded')
    else this.sink('error', word)
  }
}
