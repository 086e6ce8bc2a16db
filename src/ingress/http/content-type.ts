import { GatewayError } from '../../errors.ts'
import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'

export const defaultContentType = 'application/octet-stream'
export const jsonContentType = 'application/json'
const maxBytes = 255

/** Content types repeat: the last one seen is kept as bytes and as text, so that no string is made for the same again. */
export class ContentTypes {
  private lastBytes: Buffer = Buffer.alloc(0)
  private lastText = ''

  /** The content type of a request's body as it stands in the header, or the default. Throws a `GatewayError`. */
  of(head: RequestHead): string {
    if (!head.has(header.contentType)) return defaultContentType
    const { bytes } = head
    const { lastBytes } = this
    const start = head.valueStart(header.contentType)
    const length = head.valueEnd(header.contentType) - start
    if (length === lastBytes.length) {
      let i = 0
      while (i < length && bytes[start + i] === lastBytes[i]) i++
      if (i === length && i > 0) return this.lastText
    }
    if (length === 0 || length > maxBytes) {
      throw new GatewayError('bad-parameter', `Content-Type must have 1 to ${maxBytes} bytes.`)
    }
    this.lastBytes = Buffer.from(bytes.subarray(start, start + length))
    this.lastText = this.lastBytes.toString('latin1')
    return this.lastText
  }
}

/** Whether a value of this type is JSON (RFC 8259, or a `+json` type of RFC 6839). */
export function isJsonType(type: string): boolean {
  if (type === jsonContentType) return true
  const media = type.split(';', 1)[0]!.trim().toLowerCase()
  return media === jsonContentType || media.endsWith('+json')
}
