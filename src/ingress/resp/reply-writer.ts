import { gatherLimit, type Outbox } from '../outbox.ts'

const cr = 0x0d
const lf = 0x0a
const zero = 0x30

/** Writes the reply types of RESP2 and RESP3 into one connection's outbox. */
export class ReplyWriter {
  /** 2 until the client says HELLO 3. */
  protocol: 2 | 3 = 2
  readonly outbox: Outbox

  constructor(outbox: Outbox) {
    this.outbox = outbox
  }

  /** A byte string: `bytes[start..end)`. */
  bulk(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const outbox = this.outbox
    const length = end - start
    if (length > gatherLimit) {
      outbox.text(`$${length}\r\n`)
      outbox.bytes(bytes, start, end)
      outbox.text('\r\n')
      return
    }
    const from = outbox.reserve(length + 16)
    const memory = outbox.memory
    let at = writeHeader(memory, from, 0x24, length)
    outbox.copy(bytes, start, end, at)
    at += length
    memory[at] = cr
    memory[at + 1] = lf
    outbox.advance(at + 2)
  }

  /** A byte string from text of characters 0..255. */
  bulkText(text: string): void {
    this.outbox.text(`$${text.length}\r\n${text}\r\n`)
  }

  /** The absent value, where a bulk string could stand. */
  nil(): void {
    this.outbox.text(this.protocol === 3 ? '_\r\n' : '$-1\r\n')
  }

  /** The absent value, where an array could stand. */
  nilArray(): void {
    this.outbox.text(this.protocol === 3 ? '_\r\n' : '*-1\r\n')
  }

  integer(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) this.header(0x3a, value)
    else this.outbox.text(`:${value}\r\n`)
  }

  status(text: string): void {
    this.outbox.text(`+${text}\r\n`)
  }

  ok(): void {
    this.outbox.text('+OK\r\n')
  }

  /** `text` begins with the error's kind (`ERR ...`). Line ends in it become spaces, as in Redis. */
  error(text: string): void {
    this.outbox.text(`-${text.replace(/[\r\n]/g, ' ')}\r\n`)
  }

  array(count: number): void {
    this.header(0x2a, count)
  }

  /** A map of `count` pairs; RESP2 has none and gets a flat array. */
  map(count: number): void {
    if (this.protocol === 3) this.header(0x25, count)
    else this.header(0x2a, 2 * count)
  }

  set(count: number): void {
    this.header(this.protocol === 3 ? 0x7e : 0x2a, count)
  }

  /** Text for people. */
  verbatim(text: string): void {
    if (this.protocol === 3) this.outbox.text(`=${text.length + 4}\r\ntxt:${text}\r\n`)
    else this.bulkText(text)
  }

  private header(type: number, count: number): void {
    const from = this.outbox.reserve(16)
    this.outbox.advance(writeHeader(this.outbox.memory, from, type, count))
  }
}

/** Writes the type byte, a count of 0..2^31-1 and the line end; answers the place after them. */
export function writeHeader(memory: Buffer, from: number, type: number, count: number): number {
  let at = from
  memory[at++] = type
  if (count < 10) {
    memory[at++] = zero + count
  } else if (count < 100) {
    const tens = (count / 10) | 0
    memory[at++] = zero + tens
    memory[at++] = zero + count - 10 * tens
  } else if (count < 1000) {
    const hundreds = (count / 100) | 0
    const tens = ((count - 100 * hundreds) / 10) | 0
    memory[at++] = zero + hundreds
    memory[at++] = zero + tens
    memory[at++] = zero + count - 100 * hundreds - 10 * tens
  } else {
    const digits = String(count)
    for (let i = 0; i < digits.length; i++) memory[at++] = digits.charCodeAt(i)
  }
  memory[at] = cr
  memory[at + 1] = lf
  return at + 2
}
