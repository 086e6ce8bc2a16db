import type { GatewayError } from '../../../errors.ts'
import type { BodyBuffer } from './body-buffer.ts'
import { fieldValue, hexDigit, tokenLower } from './byte-classes.ts'
import { codecErrors as errors } from './codec-errors.ts'

const [cr, lf, semicolon, equals, quote, backslash, colon] = [0x0d, 0x0a, 0x3b, 0x3d, 0x22, 0x5c, 0x3a]
const maxSizeDigits = 16
const maxExtensionBytes = 1024

const size = 0
const sizeLf = 1
const extensionName = 2
const extensionValue = 3
const quoted = 4
const quotedPair = 5
const afterQuoted = 6
const data = 7
const dataCr = 8
const dataLf = 9
const trailerLine = 10
const trailerName = 11
const trailerValue = 12
const trailerLf = 13
const lastLf = 14
const finished = 15

/**
 * Decodes one chunked body (RFC 9112 section 7.1), incremental at every byte. Extensions and trailers are checked for
 * form, bounded over the whole body, and dropped.
 */
export class ChunkedDecoder {
  /** Why `decode` answered -1. */
  error: GatewayError = errors.chunkSize
  private readonly maxTrailerBytes: number
  private state = size
  private remaining = 0
  private digits = 0
  private extensionBytes = 0
  private trailerBytes = 0
  /** Bytes of the extension's name or value so far. */
  private partBytes = 0

  constructor(maxTrailerBytes: number) {
    this.maxTrailerBytes = maxTrailerBytes
  }

  reset(): void {
    this.state = size
    this.remaining = 0
    this.digits = 0
    this.extensionBytes = 0
    this.trailerBytes = 0
    this.partBytes = 0
  }

  get done(): boolean {
    return this.state === finished
  }

  /** Reads on in `bytes[from..end)`, data into `body`. Answers where it stopped: at `end`, after the body, or -1. */
  decode(bytes: Buffer, from: number, end: number, body: BodyBuffer): number {
    let at = from
    while (at >= 0 && at < end && this.state !== finished) {
      if (this.state === data) at = this.data(bytes, at, end, body)
      else if (this.state >= trailerLine) at = this.trailer(bytes[at]!, at)
      else if (this.state <= sizeLf || this.state >= dataCr) at = this.frame(bytes[at]!, at, body)
      else at = this.extension(bytes[at]!, at)
    }
    return at
  }

  private fail(error: GatewayError): number {
    this.error = error
    return -1
  }

  private data(bytes: Buffer, at: number, end: number, body: BodyBuffer): number {
    const until = Math.min(end, at + this.remaining)
    const error = body.append(bytes, at, until)
    if (error !== undefined) return this.fail(error)
    this.remaining -= until - at
    if (this.remaining === 0) this.state = dataCr
    return until
  }

  private frame(byte: number, at: number, body: BodyBuffer): number {
    if (this.state === size) return this.size(byte, at)
    if (this.state === dataCr) {
      if (byte !== cr) return this.fail(errors.chunkEnd)
      this.state = dataLf
    } else if (byte !== lf) {
      return this.fail(this.state === sizeLf ? errors.lineEnd : errors.chunkEnd)
    } else if (this.state === dataLf) {
      this.state = size
      this.digits = 0
    } else if (this.remaining === 0) {
      this.state = trailerLine
    } else {
      if (!body.fits(this.remaining)) return this.fail(body.tooLarge)
      this.state = data
    }
    return at + 1
  }

  private size(byte: number, at: number): number {
    const digit = hexDigit[byte]!
    if (digit !== 255) {
      if (++this.digits > maxSizeDigits) return this.fail(errors.chunkSize)
      this.remaining = this.remaining * 16 + digit
      return at + 1
    }
    if (this.digits === 0) return this.fail(errors.chunkSize)
    if (byte === cr) this.state = sizeLf
    else if (byte === semicolon) this.beginPart(extensionName)
    else return this.fail(errors.chunkSize)
    return at + 1
  }

  private beginPart(state: number): void {
    this.state = state
    this.partBytes = 0
  }

  private extension(byte: number, at: number): number {
    if (++this.extensionBytes > maxExtensionBytes) return this.fail(errors.chunkExtension)
    if (this.state === quoted) {
      if (byte === quote) this.state = afterQuoted
      else if (byte === backslash) this.state = quotedPair
      else if (fieldValue[byte] === 0) return this.fail(errors.chunkExtension)
      return at + 1
    }
    if (this.state === quotedPair) {
      if (fieldValue[byte] === 0) return this.fail(errors.chunkExtension)
      this.state = quoted
      return at + 1
    }
    if (this.state !== afterQuoted && tokenLower[byte] !== 0) {
      this.partBytes++
      return at + 1
    }
    if (byte === quote && this.state === extensionValue && this.partBytes === 0) {
      this.state = quoted
      return at + 1
    }
    if (this.state !== afterQuoted && this.partBytes === 0) return this.fail(errors.chunkExtension)
    if (byte === equals && this.state === extensionName) this.beginPart(extensionValue)
    else if (byte === semicolon) this.beginPart(extensionName)
    else if (byte === cr) this.state = sizeLf
    else return this.fail(errors.chunkExtension)
    return at + 1
  }

  private trailer(byte: number, at: number): number {
    if (++this.trailerBytes > this.maxTrailerBytes) return this.fail(errors.trailer)
    switch (this.state) {
      case trailerLine:
        if (byte === cr) this.state = lastLf
        else if (tokenLower[byte] !== 0) this.state = trailerName
        else return this.fail(errors.trailer)
        break
      case trailerName:
        if (byte === colon) this.state = trailerValue
        else if (tokenLower[byte] === 0) return this.fail(errors.trailer)
        break
      case trailerValue:
        if (byte === cr) this.state = trailerLf
        else if (fieldValue[byte] === 0) return this.fail(errors.trailer)
        break
      default:
        if (byte !== lf) return this.fail(errors.trailer)
        this.state = this.state === lastLf ? finished : trailerLine
    }
    return at + 1
  }
}
