import type { RecordView } from '../record.ts'
import { hasTooManyParts } from './json-shape.ts'
import type { Json } from './json-value.ts'

/** Whether a content type says JSON: `application/json` or anything ending in `+json`, parameters apart. */
export function isJsonType(contentType: string): boolean {
  if (contentType === 'application/json') return true
  const semicolon = contentType.indexOf(';')
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  return essence === 'application/json' || essence.endsWith('+json')
}

/** A stored value has more arrays and objects than are parsed in one go. */
export class TooManyParts extends Error {}

/** Decodes values of records; remembers the last buffer, as a walk hands out the same one many times. */
export class JsonReader {
  /** The text of the value last read. */
  text = ''
  #bytes: Uint8Array | undefined
  #buffer: Buffer | undefined

  /** The value, or undefined if it is no JSON. Throws `TooManyParts`. */
  read(record: RecordView): Json | undefined {
    const { bytes } = record
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    const { valueStart, valueEnd } = record
    if (hasTooManyParts(this.#buffer!, valueStart, valueEnd)) throw new TooManyParts()
    this.text = this.#buffer!.toString('utf8', valueStart, valueEnd)
    try {
      return JSON.parse(this.text) as Json
    } catch {
      return undefined
    }
  }

  /** Lets go of the store's buffer. */
  close(): void {
    this.text = ''
    this.#bytes = undefined
    this.#buffer = undefined
  }
}

/** How deep arrays and objects nest in a JSON text. */
export function nestingOf(text: string): number {
  let depth = 0
  let most = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: skip to its end
        for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++
        break
      case 0x5b:
      case 0x7b:
        if (++depth > most) most = depth
        break
      case 0x5d:
      case 0x7d:
        depth--
    }
  }
  return most
}
