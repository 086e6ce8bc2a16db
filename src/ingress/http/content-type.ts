import { GatewayError } from '../../errors.ts'
import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'

export const defaultContentType = 'application/octet-stream'
export const jsonContentType = 'application/json'
const maxBytes = 255

/** Content types repeat: the last one seen is kept as bytes and as text, so that no string is made for the same again. */
let lastBytes: Buffer = Buffer.alloc(0)
let lastText = ''

/** The content type of a request's body as it stands in the header, or the default. Throws a `GatewayError`. */
export function contentTypeOf(head: RequestHead): string {
  if (!head.has(header.contentType)) return defaultContentType
  const { bytes } = head
  const start = head.valueStart(header.contentType)
  const length = head.valueEnd(header.contentType) - start
  if (length === lastBytes.length) {
    let i = 0
    while (i < length && bytes[start + i] === lastBytes[i]) i++
    if (i === length) return lastText
  }
  if (length === 0 || length > maxBytes) {
    throw new GatewayError('bad-parameter', `Content-Type must have 1 to ${maxBytes} bytes.`)
  }
  lastBytes = Buffer.from(bytes.subarray(start, start + length))
  lastText = lastBytes.toString('latin1')
  return lastText
}

/** Whether a value of this type is JSON (RFC 8259, or a `+json` type of RFC 6839). */
export function isJsonType(type: string): boolean {
  if (type === jsonContentType) return true
  const media = type.split(';', 1)[0]!.trim().toLowerCase()
  return media === jsonContentType || media.endsWith('+json')
}
