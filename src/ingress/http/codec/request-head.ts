import type { GatewayError } from '../../../errors.ts'
import { headerNames, listHeaders } from './header-names.ts'
import { type Method, method } from './methods.ts'

interface Span {
  readonly id: number
  readonly start: number
  readonly end: number
}

const noBytes = Buffer.alloc(0)

/**
 * The head of one request: where its parts lie in `bytes`, counted from `base`. Parts are not copied and no string is
 * made of them until somebody asks. One instance serves a connection for ever; `reset` empties it.
 */
export class RequestHead {
  bytes: Buffer = noBytes
  base = 0

  method: Method = method.other
  /** The path of origin-form and absolute-form alike, without the query. */
  pathStart = 0
  pathEnd = 0
  /** The query without its `?`; both 0 if there is none. */
  queryStart = 0
  queryEnd = 0
  /** The target holds a `%`, a byte above 0x7f. */
  hasPercent = false
  hasHighByte = false
  /** Of HTTP/1.x: 0 or 1. */
  minorVersion = 1
  keepAlive = true
  /** Undefined without Content-Length. */
  contentLength: number | undefined
  chunked = false
  expectsContinue = false
  /** Length of the head in bytes, empty lines before it included. */
  length = 0

  /** One bit for each id of `headerNames` that is there. */
  private seen = 0
  private readonly starts = new Int32Array(headerNames.length)
  private readonly ends = new Int32Array(headerNames.length)
  private more: Span[] | undefined

  reset(): void {
    this.bytes = noBytes
    this.method = method.other
    this.pathStart = 0
    this.pathEnd = 0
    this.queryStart = 0
    this.queryEnd = 0
    this.hasPercent = false
    this.hasHighByte = false
    this.minorVersion = 1
    this.keepAlive = true
    this.contentLength = undefined
    this.chunked = false
    this.expectsContinue = false
    this.length = 0
    this.seen = 0
    this.more = undefined
  }

  /** Makes the head independent of the buffer it was parsed in. */
  detach(): void {
    this.bytes = Buffer.from(this.bytes.subarray(this.base, this.base + this.length))
    this.base = 0
  }

  /** Notes a header; answers `repeated` if it may come once and is there already. */
  note(id: number, start: number, end: number, repeated: GatewayError): GatewayError | undefined {
    const bit = 1 << id
    if ((this.seen & bit) === 0) {
      this.seen |= bit
      this.starts[id] = start
      this.ends[id] = end
      return undefined
    }
    if ((listHeaders & bit) === 0) return repeated
    this.more ??= []
    this.more.push({ id, start, end })
    return undefined
  }

  has(id: number): boolean {
    return (this.seen & (1 << id)) !== 0
  }

  /** True if none of the headers in this set of bits is there. */
  hasNone(bits: number): boolean {
    return (this.seen & bits) === 0
  }

  /** Offsets into `bytes` of the (first) value of a header that is there, without white space around it. */
  valueStart(id: number): number {
    return this.base + this.starts[id]!
  }

  valueEnd(id: number): number {
    return this.base + this.ends[id]!
  }

  /** The value of a header, the lines of a list joined by commas; bytes as latin1 characters. */
  value(id: number): string | undefined {
    if (!this.has(id)) return undefined
    let text = this.bytes.toString('latin1', this.valueStart(id), this.valueEnd(id))
    for (const span of this.more ?? []) {
      if (span.id !== id) continue
      text += `, ${this.bytes.toString('latin1', this.base + span.start, this.base + span.end)}`
    }
    return text
  }

  /** The value of a header as bytes: a view, valid as long as the head is. */
  valueBytes(id: number): Buffer | undefined {
    return this.has(id) ? this.bytes.subarray(this.valueStart(id), this.valueEnd(id)) : undefined
  }

  /** Whether a header has exactly this value, letters in any case; `lower` in lower case. */
  valueIs(id: number, lower: string): boolean {
    const start = this.valueStart(id)
    if (this.valueEnd(id) - start !== lower.length) return false
    for (let i = 0; i < lower.length; i++) {
      const byte = this.bytes[start + i]!
      if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== lower.charCodeAt(i)) return false
    }
    return true
  }

  path(): string {
    return this.bytes.toString('latin1', this.base + this.pathStart, this.base + this.pathEnd)
  }

  query(): string {
    return this.bytes.toString('latin1', this.base + this.queryStart, this.base + this.queryEnd)
  }
}
