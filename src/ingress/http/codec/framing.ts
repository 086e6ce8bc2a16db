import type { GatewayError } from '../../../errors.ts'
import { hostByte } from './byte-classes.ts'
import { codecErrors as errors } from './codec-errors.ts'
import { header } from './header-names.ts'
import type { RequestHead } from './request-head.ts'

const special =
  (1 << header.contentLength) |
  (1 << header.transferEncoding) |
  (1 << header.connection) |
  (1 << header.expect) |
  (1 << header.contentRange)

/**
 * Settles the length of the body (RFC 9112 section 6.3), whether the connection lives on (section 9.3) and what was
 * expected (RFC 9110 section 10.1.1).
 */
export function settleFraming(head: RequestHead): GatewayError | undefined {
  const error = checkHost(head)
  if (error !== undefined) return error
  head.keepAlive = head.minorVersion === 1
  if (head.hasNone(special)) return undefined
  if (head.has(header.contentRange)) return errors.contentRange
  if (head.has(header.connection) && hasToken(head.value(header.connection)!, 'close')) head.keepAlive = false
  return settleLength(head) ?? settleExpectation(head)
}

function checkHost(head: RequestHead): GatewayError | undefined {
  if (!head.has(header.host)) return head.minorVersion === 0 ? undefined : errors.hostMissing
  const end = head.valueEnd(header.host)
  for (let at = head.valueStart(header.host); at < end; at++) {
    if (hostByte[head.bytes[at]!] === 0) return errors.host
  }
  return undefined
}

function settleLength(head: RequestHead): GatewayError | undefined {
  const chunked = head.has(header.transferEncoding)
  if (head.has(header.contentLength)) return chunked ? errors.bothLengths : settleContentLength(head)
  if (!chunked) return undefined
  if (head.minorVersion === 0) return errors.oldChunked
  if (head.valueIs(header.transferEncoding, '')) return errors.emptyTransferCoding
  if (!head.valueIs(header.transferEncoding, 'chunked')) return errors.transferCoding
  head.chunked = true
  return undefined
}

function settleContentLength(head: RequestHead): GatewayError | undefined {
  const start = head.valueStart(header.contentLength)
  const end = head.valueEnd(header.contentLength)
  if (start === end) return errors.contentLength
  let length = 0
  for (let at = start; at < end; at++) {
    const digit = head.bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return errors.contentLength
    length = length * 10 + digit
  }
  if (length > Number.MAX_SAFE_INTEGER) return errors.contentLengthTooLarge
  head.contentLength = length
  return undefined
}

function settleExpectation(head: RequestHead): GatewayError | undefined {
  // An HTTP/1.0 client cannot mean it (RFC 9110 section 10.1.1).
  if (!head.has(header.expect) || head.minorVersion === 0) return undefined
  if (!head.valueIs(header.expect, '100-continue') || head.value(header.expect)!.length !== 12) {
    return errors.expectation
  }
  head.expectsContinue = head.chunked || (head.contentLength ?? 0) > 0
  return undefined
}

/** Whether a comma-separated list holds a token, letters in any case; `token` in lower case. */
export function hasToken(list: string, token: string): boolean {
  return list.split(',').some((element) => element.trim().toLowerCase() === token)
}
