import { isUtf8 } from 'node:buffer'
import type { OwnedRecord } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { isJsonType } from './content-type.ts'
import type { Exchange } from './exchange.ts'

/** Bytes of values that are made JSON of in one turn of the event loop: some milliseconds of work. */
const sliceBytes = 256 * 1024
/** Pieces below this are put together: each has its cost on the way out. */
const gatherBytes = 16 * 1024
const [lf, cr, space] = [0x0a, 0x0d, 0x20]

const valueName = Buffer.from('"value":')
const base64Name = Buffer.from('"valueBase64":"')
const base64End = Buffer.from('"')

/**
 * A JSON answer that may be large: its texts are there, the values of its records are checked and written in slices,
 * between which others get their turn. A value that is JSON is sent as it lies in memory; nothing else is held but the
 * records that are still to come and the bytes that are ready.
 */
export class SlicedJson {
  private readonly exchange: Exchange
  private readonly positions: readonly Position[]
  /** In order; undefined once it has been written. */
  private readonly parts: (string | OwnedRecord | undefined)[] = []
  private next = 0
  private readonly ready: Buffer[] = []
  private readyBytes = 0
  private gathered: Buffer[] = []
  private gatheredBytes = 0

  constructor(exchange: Exchange, positions: readonly Position[]) {
    this.exchange = exchange
    this.positions = positions
  }

  text(text: string): void {
    this.parts.push(text)
  }

  /** `value` for JSON that is what its type says, `valueBase64` for everything else. The record's bytes are used up. */
  value(record: OwnedRecord): void {
    this.parts.push(record)
  }

  /** Answers 200, now if it takes one slice. */
  send(): void {
    const { exchange } = this
    if (exchange.lane.isClosed) {
      exchange.complete(200)
      return
    }
    try {
      if (this.slice()) this.write()
      else exchange.context.runtime.timers.soon(() => this.send())
    } catch (thrown) {
      exchange.failWith(thrown)
    }
  }

  /** True if that was the last one. */
  private slice(): boolean {
    let bytes = 0
    for (; this.next < this.parts.length && bytes < sliceBytes; this.next++) {
      const part = this.parts[this.next]!
      this.parts[this.next] = undefined
      if (typeof part === 'string') this.append(Buffer.from(part, 'utf8'))
      else {
        this.appendValue(part)
        bytes += part.valueEnd - part.valueStart
      }
    }
    return this.next === this.parts.length
  }

  private appendValue({ bytes, valueStart, valueEnd, contentType }: OwnedRecord): void {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + valueStart, valueEnd - valueStart)
    if (isJsonType(contentType) && isJson(value)) {
      this.append(valueName)
      this.append(onOneLine(value))
    } else {
      this.append(base64Name)
      this.append(Buffer.from(value.toString('base64'), 'latin1'))
      this.append(base64End)
    }
  }

  private append(bytes: Buffer): void {
    this.gathered.push(bytes)
    this.gatheredBytes += bytes.length
    if (this.gatheredBytes >= gatherBytes) this.gather()
  }

  private gather(): void {
    const last = this.gathered.at(-1)
    if (last === undefined) return
    if (last.length >= gatherBytes) {
      this.gathered.pop()
      if (this.gathered.length > 0) this.ready.push(Buffer.concat(this.gathered))
      this.ready.push(last)
    } else this.ready.push(Buffer.concat(this.gathered))
    this.readyBytes += this.gatheredBytes
    this.gathered = []
    this.gatheredBytes = 0
  }

  private write(): void {
    const { exchange, positions } = this
    const { heads } = exchange.context
    this.gather()
    const outbox = exchange.open()
    heads.begin(outbox, 200, exchange.closes)
    heads.positions(positions)
    if (exchange.replayed) heads.line('Headgate-Replayed', 'true')
    heads.contentType('application/json')
    heads.contentLength(this.readyBytes)
    heads.end()
    if (!exchange.headOnly) for (const bytes of this.ready) outbox.owned(bytes)
    exchange.complete(200)
  }
}

function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}

/** Between the tokens of valid JSON a line end is white space; within them it cannot be. */
function onOneLine(json: Buffer): Buffer {
  for (const end of [lf, cr]) for (let at = json.indexOf(end); at >= 0; at = json.indexOf(end, at)) json[at] = space
  return json
}
