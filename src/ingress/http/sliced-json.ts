import { isUtf8 } from 'node:buffer'
import { hasTooManyParts } from '../../operation/query/json-shape.ts'
import type { OwnedRecord } from '../../operation/reply.ts'
import { formatToken, type Position } from '../../operation/token.ts'
import { isJsonType } from './content-type.ts'
import type { Exchange } from './exchange.ts'
import { tokenIsLong, valueMember } from './json-answer.ts'

/** What one turn of the event loop makes JSON of, in bytes and charges: some milliseconds of work. */
const sliceBytes = 256 * 1024
/** Charged for each part besides its bytes, and for one that is yet to be made. */
const partCharge = 64
const madeCharge = 640
/** Pieces below this are put together: each has its cost on the way out. */
const gatherBytes = 16 * 1024
/** Values below this become text with what is around them, others are moved as they are. */
const smallValueBytes = 4 * 1024
/** Of the values of a batch or a page of one shard. */
const mostValueBytes = 8 * 1024 * 1024
const base64Growth = 4 / 3
/** Of a record, its key and what is said of both, about. */
const keptPartBytes = 512
const [lf, cr, space] = [0x0a, 0x0d, 0x20]

const valueName = Buffer.from('"value":')
const base64Name = Buffer.from('"valueBase64":"')
const base64End = Buffer.from('"')

/** Answers up to so many parts and bytes are cheaper made in one go, and hold nobody up. */
export function isSmallAnswer(parts: number, bytes: number): boolean {
  return parts <= 256 && bytes <= sliceBytes
}

/**
 * What the JSON of values takes while it is made: most are in base64, and of each a little is kept beside its bytes. A
 * batch or a page has no more than 8 MiB of values from one shard.
 */
export function roomOf(values: number, maxValueBytes: number): number {
  return Math.ceil(Math.min(values * maxValueBytes, mostValueBytes) * base64Growth) + values * keptPartBytes
}

/** A text that is made in its turn. */
type LateText = () => string

/**
 * A JSON answer that may be large: its parts are there, their texts are made and their values checked in slices, between
 * which others get their turn. A large value that is JSON is sent as it lies in memory; nothing else is held but the
 * parts that are still to come and the bytes that are ready.
 */
export class SlicedJson {
  private readonly exchange: Exchange
  private readonly positions: readonly Position[]
  /** In order; undefined once it has been written. */
  private readonly parts: (string | LateText | OwnedRecord | undefined)[] = []
  private next = 0
  /** What the parts take, or will when they are made. */
  private roomBytes = 0
  private readonly ready: Buffer[] = []
  private readyBytes = 0
  private gathered: Buffer[] = []
  private gatheredBytes = 0
  /** What comes behind `gathered`. */
  private pending = ''

  constructor(exchange: Exchange, positions: readonly Position[]) {
    this.exchange = exchange
    this.positions = positions
  }

  text(text: string | LateText): void {
    this.roomBytes += typeof text === 'string' ? text.length : keptPartBytes
    this.parts.push(text)
  }

  /** `value` for JSON that is what its type says, `valueBase64` for everything else. The record's bytes are used up. */
  value(record: OwnedRecord): void {
    this.roomBytes += keptPartBytes + Math.ceil((record.valueEnd - record.valueStart) * base64Growth)
    this.parts.push(record)
  }

  /** The end of the answer, an object: with the token in it if the header has no room for it. */
  close(): void {
    this.text(tokenIsLong(this.positions) ? `,"token":"${formatToken(this.positions)}"}\n` : '}\n')
  }

  /** Answers 200, now if it takes one slice. `more`: bytes that late texts have or refer to, about. */
  send(more = 0): void {
    this.exchange.takesRoom(this.roomBytes + more)
    this.make()
  }

  private make(): void {
    const { exchange } = this
    if (exchange.owner.isClosed) {
      exchange.complete(200)
      return
    }
    try {
      if (this.slice()) this.write()
      else exchange.context.runtime.timers.soon(() => this.make())
    } catch (thrown) {
      exchange.failWith(thrown)
    }
  }

  /** True if that was the last one. */
  private slice(): boolean {
    let left = sliceBytes
    for (; this.next < this.parts.length && left > 0; this.next++) {
      const part = this.parts[this.next]!
      this.parts[this.next] = undefined
      left -= partCharge
      if (typeof part === 'string') left -= this.append(part)
      else if (typeof part === 'function') left -= madeCharge + this.append(part())
      else left -= this.appendValue(part)
    }
    return this.next === this.parts.length
  }

  private append(text: string): number {
    this.pending += text
    if (this.pending.length >= gatherBytes) this.settle()
    return text.length
  }

  /** Answers the length of the value. */
  private appendValue(record: OwnedRecord): number {
    const { bytes, valueStart, valueEnd } = record
    const length = valueEnd - valueStart
    if (length < smallValueBytes) {
      this.append(valueMember(record))
      return length
    }
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + valueStart, length)
    if (isJsonType(record.contentType) && isJson(value)) {
      this.appendBytes(valueName)
      this.appendBytes(onOneLine(value))
    } else {
      this.appendBytes(base64Name)
      this.appendBytes(Buffer.from(value.toString('base64'), 'latin1'))
      this.appendBytes(base64End)
    }
    return length
  }

  private appendBytes(bytes: Buffer): void {
    this.settle()
    this.gather(bytes)
  }

  /** Makes bytes of the text that waits. */
  private settle(): void {
    if (this.pending === '') return
    const bytes = Buffer.from(this.pending, 'utf8')
    this.pending = ''
    this.gather(bytes)
  }

  private gather(bytes: Buffer): void {
    if (bytes.length >= gatherBytes) {
      this.pack()
      this.pack(bytes)
      return
    }
    this.gathered.push(bytes)
    this.gatheredBytes += bytes.length
    if (this.gatheredBytes >= gatherBytes) this.pack()
  }

  private pack(whole?: Buffer): void {
    const bytes = whole ?? Buffer.concat(this.gathered, this.gatheredBytes)
    if (whole === undefined) {
      this.gathered = []
      this.gatheredBytes = 0
    }
    if (bytes.length === 0) return
    this.ready.push(bytes)
    this.readyBytes += bytes.length
  }

  private write(): void {
    const { exchange, positions } = this
    const { heads } = exchange.context
    this.settle()
    this.pack()
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
  if (!isUtf8(bytes) || hasTooManyParts(bytes, 0, bytes.length)) return false
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
