import type { Version } from '../../operation/record.ts'
import { formatToken, type Position } from '../../operation/token.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Outbox } from '../outbox.ts'
import { reasonPhrases } from './reason-phrases.ts'

/** Tokens above this do not fit a header: they move into the body. */
export const maxTokenHeader = 4096

/** Room for any head: the token and a Location of 1,024 escaped bytes are the longest parts. */
const headRoom = 12 * 1024
const maxContentType = 1024
const maxKnownTypes = 64

/** Above so many bytes a call of `set` costs less than a loop. */
const longestLooped = 14
/** Up to this, 32-bit arithmetic will do, which is several times as fast as any other. */
const largestInt = 0x7fff_ffff

interface KnownPosition {
  position: Position
  piece: Buffer | undefined
}

const line = (text: string): Buffer => Buffer.from(text, 'latin1')
const crlf = line('\r\n')
const closeLine = line('Connection: close\r\n')
const shardName = line('Headgate-Shard: ')
const tokenName = line('\r\nHeadgate-Token: ')
const bucketName = line('Headgate-Bucket: ')
const etagName = line('ETag: "')
const etagEnd = line('"\r\n')
const lengthName = line('Content-Length: ')

/**
 * Writes the heads of answers straight into the scratch memory of an outbox, out of prepared pieces and digits: no
 * string is made for what every answer has. One instance serves all connections; heads are written one at a time.
 */
export class HeadWriter {
  private readonly clock: Clock
  private readonly servedBy: string
  /** Monotonic milliseconds, a second old at most: whoever reads the clock says it here, for dates. */
  now = 0
  /** By status; made anew every second, for the date. */
  private commonPieces: (Buffer | undefined)[] = []
  /** Monotonic milliseconds when the date changes. */
  private dateEndsAt = 0
  private dateText = ''
  private readonly typePieces = new Map<string, Buffer>()
  /** By shard: the position written last, and its lines if it was written before. */
  private readonly known: (KnownPosition | undefined)[] = []
  private lastType = ''
  private lastTypePiece: Buffer = crlf
  private memory: Buffer = crlf
  private at = 0
  private outbox: Outbox | undefined

  constructor(clock: Clock, servedBy: string) {
    this.clock = clock
    this.servedBy = servedBy
  }

  /** Status line and what every answer carries; `closes` announces that the connection ends with this answer. */
  begin(outbox: Outbox, status: number, closes: boolean): void {
    this.outbox = outbox
    this.at = outbox.reserve(headRoom)
    this.memory = outbox.memory
    this.piece(this.common(status))
    if (closes) this.piece(closeLine)
  }

  /** `Headgate-Shard` and `Headgate-Token`. False if the token is too long for a header and was left out. */
  positions(positions: readonly Position[]): boolean {
    const position = positions[0]
    if (position === undefined) return true
    if (positions.length > 1) return this.manyPositions(positions)
    const known = this.known[position.shard]
    if (known?.position === position && known.piece !== undefined) {
      this.piece(known.piece)
      return true
    }
    const start = this.at
    this.onePosition(position)
    // All answers between two commits share a position: from the second on it is copied.
    if (known === undefined) this.known[position.shard] = { position, piece: undefined }
    else {
      known.piece = known.position === position ? Buffer.from(this.memory.subarray(start, this.at)) : undefined
      known.position = position
    }
    return true
  }

  private onePosition(position: Position): void {
    this.piece(shardName)
    this.decimal(position.shard)
    this.piece(tokenName)
    this.base36(position.shard)
    this.byte(0x2e)
    this.base36(position.history)
    this.byte(0x2e)
    this.base36(position.epoch)
    this.byte(0x2e)
    this.base36(position.index)
    this.piece(crlf)
  }

  bucket(bucket: number): void {
    this.piece(bucketName)
    this.decimal(bucket)
    this.piece(crlf)
  }

  /** The same text as `etagOf`. */
  etag(version: Version): void {
    this.piece(etagName)
    this.base36(version.epoch)
    this.byte(0x2d)
    this.base36(version.index)
    if (version.sub !== 0) {
      this.byte(0x2d)
      this.base36(version.sub)
    }
    this.piece(etagEnd)
  }

  contentType(type: string): void {
    if (type !== this.lastType) {
      this.lastTypePiece = this.typePiece(type)
      this.lastType = type
    }
    this.piece(this.lastTypePiece)
  }

  contentLength(bytes: number): void {
    this.piece(lengthName)
    this.decimal(bytes)
    this.piece(crlf)
  }

  /** Any other header; the text is latin1 without control characters, and shorter than 4 KiB. */
  line(name: string, value: string): void {
    const text = `${name}: ${value}\r\n`
    this.at += this.memory.write(text, this.at, 'latin1')
  }

  end(): void {
    this.piece(crlf)
    this.outbox!.advance(this.at)
    this.outbox = undefined
  }

  private common(status: number): Buffer {
    if (this.now >= this.dateEndsAt) this.renewDate()
    let piece = this.commonPieces[status]
    if (piece === undefined) {
      const start = `HTTP/1.1 ${status} ${reasonPhrases.get(status) ?? 'Unknown'}\r\nDate: ${this.dateText}\r\n`
      piece = line(`${start}Cache-Control: no-store\r\nHeadgate-Served-By: ${this.servedBy}\r\n`)
      this.commonPieces[status] = piece
    }
    return piece
  }

  private renewDate(): void {
    const wallMs = this.clock.wallMs()
    this.now = this.clock.now()
    this.dateEndsAt = this.now + 1000 - (wallMs % 1000)
    this.dateText = new Date(wallMs).toUTCString()
    this.commonPieces = []
  }

  private typePiece(type: string): Buffer {
    const known = this.typePieces.get(type)
    if (known !== undefined) return known
    const piece = line(`Content-Type: ${type.length <= maxContentType ? type : 'application/octet-stream'}\r\n`)
    if (this.typePieces.size >= maxKnownTypes) this.typePieces.clear()
    this.typePieces.set(type, piece)
    return piece
  }

  private manyPositions(positions: readonly Position[]): boolean {
    const shards = positions.map(({ shard }) => shard).join(', ')
    if (shards.length <= maxTokenHeader) this.line('Headgate-Shard', shards)
    const token = formatToken(positions)
    if (token.length > maxTokenHeader) return false
    this.line('Headgate-Token', token)
    return true
  }

  private piece(bytes: Buffer): void {
    const { memory, at } = this
    const length = bytes.length
    if (length > longestLooped) memory.set(bytes, at)
    else for (let i = 0; i < length; i++) memory[at + i] = bytes[i]!
    this.at = at + length
  }

  private byte(byte: number): void {
    this.memory[this.at++] = byte
  }

  private decimal(value: number): void {
    this.digits(value, 10)
  }

  private base36(value: number): void {
    this.digits(value, 36)
  }

  private digits(value: number, radix: number): void {
    if (value > largestInt) {
      this.at += this.memory.write(value.toString(radix), this.at, 'latin1')
      return
    }
    let width = 1
    for (let rest = value; rest >= radix; rest = (rest / radix) | 0) width++
    let place = this.at + width
    this.at = place
    let rest = value
    do {
      const next = (rest / radix) | 0
      const digit = rest - next * radix
      this.memory[--place] = digit < 10 ? 0x30 + digit : 0x57 + digit
      rest = next
    } while (rest > 0)
  }
}
