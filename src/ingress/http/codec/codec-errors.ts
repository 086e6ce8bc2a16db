import { type ErrorCode, GatewayError } from '../../../errors.ts'

const error = (code: ErrorCode, detail: string): GatewayError => new GatewayError(code, detail)

/**
 * Everything the codec refuses. After any of them the place of the next request in the byte stream is not certain, so
 * the connection is closed.
 */
export const codecErrors = {
  emptyLines: error('malformed', 'Too many empty lines before the request line.'),
  method: error('malformed', 'The method is not a token of at most 24 bytes followed by one space; is this HTTP?'),
  target: error('malformed', 'The request target holds a byte that is not allowed there.'),
  targetForm: error('malformed', 'The request target is neither a path nor an http URI that the method allows.'),
  targetTooLong: error('uri-too-long', 'The request target is longer than 8 KiB.'),
  versionSyntax: error('malformed', 'The request line does not end with an HTTP version and CRLF.'),
  version: error('http-version', 'Only HTTP/1.1 and HTTP/1.0 are spoken here.'),
  fold: error('malformed', 'A header line begins with white space; folded headers are obsolete.'),
  headerName: error('malformed', 'A header name is empty, or holds a byte that is not allowed there.'),
  headerValue: error('malformed', 'A header value holds a control character.'),
  lineEnd: error('malformed', 'A line ends with CR or LF alone.'),
  headersTooLarge: error('headers-too-large', 'The header section is larger than limits.maxHeader allows.'),
  tooManyHeaders: error('headers-too-large', 'The request has too many headers.'),
  repeated: error('malformed', 'A header that may come once came twice.'),
  hostMissing: error('malformed', 'An HTTP/1.1 request needs one Host header.'),
  host: error('malformed', 'The Host header is not a host with an optional port.'),
  contentLength: error('malformed', 'Content-Length is not one decimal number.'),
  contentLengthTooLarge: error('too-large', 'Content-Length is larger than any body allowed here.'),
  bothLengths: error('malformed', 'Content-Length and Transfer-Encoding exclude each other.'),
  oldChunked: error('malformed', 'HTTP/1.0 has no Transfer-Encoding.'),
  transferCoding: error('not-implemented', 'The only transfer coding understood is "chunked".'),
  emptyTransferCoding: error('malformed', 'Transfer-Encoding is empty.'),
  expectation: error('expectation-failed', 'The only expectation understood is "100-continue".'),
  contentRange: error('malformed', 'A part of a record cannot be written; Content-Range is refused.'),
  chunkSize: error('malformed', 'A chunk does not begin with its size in hexadecimal digits.'),
  chunkExtension: error('malformed', 'A chunk extension is malformed or too long.'),
  chunkEnd: error('malformed', 'A chunk is not followed by CRLF.'),
  trailer: error('malformed', 'The trailer section is malformed or too large.'),
} as const satisfies Record<string, GatewayError>

/** The body of a request has more than the `limitBytes` that its call takes; the connection is closed as well. */
export function bodyTooLarge(limitBytes: number): GatewayError {
  const bound = 'limits.maxValue bounds records, limits.maxRequest other bodies'
  return error('too-large', `The body is larger than ${limitBytes} bytes, the most that this call takes (${bound}).`)
}
