import type { GatewayError } from '../../src/errors.ts'
import { BodyBudget, BodyBuffer } from '../../src/ingress/http/codec/body-buffer.ts'
import { ChunkedDecoder } from '../../src/ingress/http/codec/chunked-decoder.ts'
import { HeadParser } from '../../src/ingress/http/codec/head-parser.ts'

/** What a stream of requests came to: the requests read in full, and how the stream stands after them. */
export interface Reading {
  readonly requests: readonly string[]
  /** `clean`: between requests; `closed`: nothing more is read after the last one; else inside one, or a refusal. */
  readonly end: 'clean' | 'closed' | 'inside' | number
}

const limits = { maxTargetBytes: 8192, maxHeaderBytes: 8192, maxHeaders: 64 }

/** Reads requests with the codec alone, as a connection does, from bytes that come in pieces of any size. */
export class HttpReader {
  private readonly parser = new HeadParser(limits)
  private readonly decoder = new ChunkedDecoder(1024)
  private readonly body = new BodyBuffer(new BodyBudget(1 << 24))
  private readonly requests: string[] = []
  private carry: Buffer = Buffer.alloc(0)
  private phase: 'head' | 'sized' | 'chunked' | 'closed' = 'head'
  private remaining = 0
  private error: GatewayError | undefined

  feed(piece: Uint8Array): void {
    if (this.error !== undefined) return
    const bytes = Buffer.concat([this.carry, piece])
    let at = 0
    while (this.error === undefined && this.phase !== 'closed') {
      const before = at
      const phase: string = this.phase
      at = phase === 'head' ? this.readHead(bytes, at) : this.readBody(bytes, at)
      if (at === before && this.phase === phase) break
    }
    this.carry = Buffer.from(bytes.subarray(at))
  }

  result(): Reading {
    const { requests } = this
    if (this.error !== undefined) return { requests, end: this.error.spec.status }
    if (this.phase === 'closed') return { requests, end: 'closed' }
    return { requests, end: this.phase === 'head' && this.carry.length === 0 ? 'clean' : 'inside' }
  }

  private readHead(bytes: Buffer, at: number): number {
    const { parser } = this
    const state = parser.parse(bytes, at, bytes.length)
    if (state === 'failed') this.error = parser.error
    if (state !== 'complete') return at
    const { head } = parser
    this.body.begin(1 << 20)
    const next = at + head.length
    head.detach()
    if (head.chunked) {
      this.decoder.reset()
      this.phase = 'chunked'
    } else if ((head.contentLength ?? 0) > 0) {
      this.phase = 'sized'
      this.remaining = head.contentLength!
    } else this.complete()
    return next
  }

  private readBody(bytes: Buffer, at: number): number {
    if (this.phase === 'chunked') {
      const next = this.decoder.decode(bytes, at, bytes.length, this.body)
      if (next < 0) this.error = this.decoder.error
      else if (this.decoder.done) this.complete()
      return next
    }
    const until = Math.min(bytes.length, at + this.remaining)
    this.error = this.body.append(bytes, at, until)
    this.remaining -= until - at
    if (this.error === undefined && this.remaining === 0) this.complete()
    return until
  }

  private complete(): void {
    const { head } = this.parser
    const query = head.queryStart > 0 ? `?${head.query()}` : ''
    this.requests.push(`${head.method} ${head.path()}${query} ${this.body.bytes().toString('latin1')}`)
    this.body.clear()
    this.phase = head.keepAlive ? 'head' : 'closed'
    this.parser.reset()
  }
}

/** The outcome of feeding these pieces one after another. */
export function readHttp(pieces: readonly Uint8Array[]): Reading {
  const reader = new HttpReader()
  for (const piece of pieces) reader.feed(piece)
  return reader.result()
}
