import type { GatewayError } from '../../../errors.ts'
import {
  fieldValue,
  targetByte,
  targetEnd,
  targetHigh,
  targetPercent,
  targetPlain,
  targetQuery,
  tokenLower,
} from './byte-classes.ts'
import { codecErrors as errors } from './codec-errors.ts'
import { settleFraming } from './framing.ts'
import { findHeader, nameHashStart, nameHashStep } from './header-names.ts'
import { methodOf } from './methods.ts'
import { RequestHead } from './request-head.ts'
import { settleTarget } from './target.ts'

export interface HeadLimits {
  /** Bytes of the request target. */
  readonly maxTargetBytes: number
  /** Bytes of all header lines together. */
  readonly maxHeaderBytes: number
  readonly maxHeaders: number
}

export type ParseState = 'wait' | 'complete' | 'failed'

const [cr, lf, space, tab, colon] = [0x0d, 0x0a, 0x20, 0x09, 0x3a]
const maxMethodBytes = 24
const maxEmptyLines = 4
const versionText = Buffer.from('HTTP/1.')

// States: what the next byte belongs to.
const startOfRequest = 0
const emptyLineEnd = 1
const inMethod = 2
const inTarget = 3
const inVersion = 4
const startOfLine = 5
const inName = 6
const beforeValue = 7
const inValue = 8
const valueLineEnd = 9
const headEnd = 10
const complete = 11

/**
 * A strict parser of request heads (RFC 9112), incremental at every byte: what was read is never looked at twice. Every
 * form that implementations are known to read in different ways is refused, since such differences are what request
 * smuggling lives on. Limits hold before parsing: at most the first byte beyond one is looked at.
 */
export class HeadParser {
  readonly head = new RequestHead()
  /** Why `parse` answered `failed`. */
  error: GatewayError = errors.target
  private readonly limits: HeadLimits
  private state = startOfRequest
  /** Bytes after `base` that have been read. */
  private offset = 0
  private emptyLines = 0
  private versionAt = 0
  /** Where the current method, target or value begins, after `base`. */
  private mark = 0
  private headersStart = 0
  private headerCount = 0
  private hash = 0
  private headerId = -1
  private valueEnd = 0

  constructor(limits: HeadLimits) {
    this.limits = limits
  }

  /** True once a byte of a request has come that is not complete. */
  get begun(): boolean {
    return this.offset > 0
  }

  /** Forgets everything; the next byte begins a request. */
  reset(): void {
    this.head.reset()
    this.state = startOfRequest
    this.offset = 0
    this.emptyLines = 0
    this.headersStart = 0
    this.headerCount = 0
  }

  /**
   * Reads on in `bytes[base..end)`, where `base` is where the request begins: a caller who had to wait gives the same
   * bytes and more. After `complete` or `failed`, call `reset` before the next request.
   */
  parse(bytes: Buffer, base: number, end: number): ParseState {
    const head = this.head
    head.bytes = bytes
    head.base = base
    let at = base + this.offset
    while (at >= 0 && at < end && this.state !== complete) at = this.step(bytes, at, end)
    if (at < 0) return 'failed'
    this.offset = at - base
    if (this.headersStart > 0 && this.offset - this.headersStart > this.limits.maxHeaderBytes) {
      this.error = errors.headersTooLarge
      return 'failed'
    }
    if (this.state !== complete) return 'wait'
    head.length = this.offset
    const error = settleTarget(head) ?? settleFraming(head)
    if (error === undefined) return 'complete'
    this.error = error
    return 'failed'
  }

  private step(bytes: Buffer, at: number, end: number): number {
    switch (this.state) {
      case startOfRequest:
        return this.start(bytes, at)
      case emptyLineEnd:
        return this.expectLf(bytes, at, startOfRequest)
      case inMethod:
        return this.method(bytes, at, end)
      case inTarget:
        return this.target(bytes, at, end)
      case inVersion:
        return this.version(bytes, at)
      case startOfLine:
        return this.line(bytes, at)
      case inName:
        return this.name(bytes, at, end)
      case beforeValue:
        return this.beforeValue(bytes, at, end)
      case inValue:
        return this.value(bytes, at, end)
      case valueLineEnd:
        return this.lineEnd(bytes, at)
      default:
        return this.expectLf(bytes, at, complete)
    }
  }

  private fail(at: number, error: GatewayError): number {
    const headerBytes = this.headersStart > 0 ? at - this.head.base - this.headersStart : 0
    this.error = headerBytes > this.limits.maxHeaderBytes ? errors.headersTooLarge : error
    return -1
  }

  private expectLf(bytes: Buffer, at: number, next: number): number {
    if (bytes[at] !== lf) return this.fail(at, errors.lineEnd)
    this.state = next
    return at + 1
  }

  private start(bytes: Buffer, at: number): number {
    if (bytes[at] === cr) {
      // RFC 9112 section 2.2: an empty line may stand before the request line.
      if (++this.emptyLines > maxEmptyLines) return this.fail(at, errors.emptyLines)
      this.state = emptyLineEnd
      return at + 1
    }
    this.mark = at - this.head.base
    this.state = inMethod
    return at
  }

  private method(bytes: Buffer, from: number, end: number): number {
    let at = from
    while (at < end && tokenLower[bytes[at]!] !== 0) at++
    const start = this.head.base + this.mark
    if (at - start > maxMethodBytes) return this.fail(at, errors.method)
    if (at === end) return at
    if (bytes[at] !== space || at === start) return this.fail(at, errors.method)
    this.head.method = methodOf(bytes, start, at)
    this.mark = at + 1 - this.head.base
    this.state = inTarget
    return at + 1
  }

  private target(bytes: Buffer, from: number, end: number): number {
    const head = this.head
    const start = head.base + this.mark
    let at = from
    let kind: number = targetPlain
    for (; at < end; at++) {
      kind = targetByte[bytes[at]!]!
      if (kind === targetPlain) continue
      if (kind === targetPercent) head.hasPercent = true
      else if (kind === targetHigh) head.hasHighByte = true
      else if (kind === targetQuery) {
        if (head.queryStart === 0) head.queryStart = at + 1 - head.base
      } else break
    }
    if (at - start > this.limits.maxTargetBytes) return this.fail(at, errors.targetTooLong)
    if (at === end) return at
    if (kind !== targetEnd || at === start) return this.fail(at, errors.target)
    head.pathStart = this.mark
    head.queryEnd = head.queryStart === 0 ? 0 : at - head.base
    head.pathEnd = head.queryStart === 0 ? at - head.base : head.queryStart - 1
    this.versionAt = 0
    this.state = inVersion
    return at + 1
  }

  /** `HTTP/1.0` or `HTTP/1.1` and CRLF, one byte for each call. */
  private version(bytes: Buffer, at: number): number {
    const byte = bytes[at]!
    const place = this.versionAt++
    if (place < 5 || place === 6) return byte === versionText[place] ? at + 1 : this.fail(at, errors.versionSyntax)
    if (place === 5 || place === 7) {
      if (byte < 0x30 || byte > 0x39) return this.fail(at, errors.versionSyntax)
      if (place === 5) this.mark = byte
      else if (this.mark !== 0x31 || byte > 0x31) return this.fail(at, errors.version)
      else this.head.minorVersion = byte - 0x30
      return at + 1
    }
    if (byte !== (place === 8 ? cr : lf)) return this.fail(at, place === 8 ? errors.versionSyntax : errors.lineEnd)
    if (place === 9) {
      this.headersStart = at + 1 - this.head.base
      this.state = startOfLine
    }
    return at + 1
  }

  private line(bytes: Buffer, at: number): number {
    const byte = bytes[at]!
    if (byte === cr) {
      this.state = headEnd
      return at + 1
    }
    if (byte === space || byte === tab) return this.fail(at, errors.fold)
    if (byte === lf) return this.fail(at, errors.lineEnd)
    if (tokenLower[byte] === 0) return this.fail(at, errors.headerName)
    if (++this.headerCount > this.limits.maxHeaders) return this.fail(at, errors.tooManyHeaders)
    this.mark = at - this.head.base
    this.hash = nameHashStart
    this.state = inName
    return at
  }

  private name(bytes: Buffer, from: number, end: number): number {
    let at = from
    let hash = this.hash
    for (; at < end; at++) {
      const lower = tokenLower[bytes[at]!]!
      if (lower === 0) break
      hash = nameHashStep(hash, lower)
    }
    this.hash = hash
    if (at === end) return at
    if (bytes[at] !== colon) return this.fail(at, errors.headerName)
    this.headerId = findHeader(hash, bytes, this.head.base + this.mark, at)
    this.state = beforeValue
    return at + 1
  }

  private beforeValue(bytes: Buffer, from: number, end: number): number {
    let at = from
    while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
    if (at === end) return at
    this.mark = at - this.head.base
    this.state = inValue
    return at
  }

  private value(bytes: Buffer, from: number, end: number): number {
    let at = from
    while (at < end && fieldValue[bytes[at]!] !== 0) at++
    if (at === end) return at
    const byte = bytes[at]
    if (byte !== cr) return this.fail(at, byte === lf ? errors.lineEnd : errors.headerValue)
    let last = at
    const start = this.head.base + this.mark
    while (last > start && (bytes[last - 1] === space || bytes[last - 1] === tab)) last--
    this.valueEnd = last - this.head.base
    this.state = valueLineEnd
    return at + 1
  }

  private lineEnd(bytes: Buffer, at: number): number {
    if (bytes[at] !== lf) return this.fail(at, errors.lineEnd)
    if (this.headerId >= 0) {
      const error = this.head.note(this.headerId, this.mark, this.valueEnd, errors.repeated)
      if (error !== undefined) return this.fail(at, error)
    }
    this.state = startOfLine
    return at + 1
  }
}
