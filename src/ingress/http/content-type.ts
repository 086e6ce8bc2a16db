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

/** What answers in JSON need to know of a content type. */
interface JsonFacts {
  /** Whether a value of this type is JSON (RFC 8259, or a `+json` type of RFC 6839). */
  readonly isJson: boolean
  /** The type as a JSON text. */
  readonly text: string
}

const maxKnown = 64
const known = new Map<string, JsonFacts>()

/** Content types repeat from record to record: those seen first are looked into once. */
export function jsonFactsOf(type: string): JsonFacts {
  const facts = known.get(type)
  if (facts !== undefined) return facts
  const media = type.split(';', 1)[0]!.trim().toLowerCase()
  const found = { isJson: media === jsonContentType || media.endsWith('+json'), text: JSON.stringify(type) }
  if (known.size < maxKnown) known.set(type, found)
  return found
}

export function isJsonType(type: string): boolean {
  return jsonFactsOf(type).isJson
}
