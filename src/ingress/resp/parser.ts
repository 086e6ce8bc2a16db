import { Arguments } from './arguments.ts'
import { splitInline } from './inline.ts'
import type { ReceiveBudget } from './receive-budget.ts'

export interface ParserLimits {
  /** Arguments of one command. More: `invalid multibulk length`. */
  readonly maxArguments: number
  /** Bytes of one argument that may be announced. More: `invalid bulk length`. */
  readonly maxBulkBytes: number
  /** Bytes of one argument that are kept; a longer one is read and dropped, so that the connection survives. */
  readonly keptBulkBytes: number
  /** Bytes of one command that are kept; a longer one is read and dropped likewise. */
  readonly maxRequestBytes: number
}

/** What `next` found. */
export const needMore = 0
/** `args` holds a command. */
export const gotCommand = 1
/** The client broke the protocol: answer `fault` and close. */
export const gotFault = 2
/** A command was read over but not kept: answer with the error `oversize` and go on. */
export const gotOversize = 3
export type Parsed = typeof needMore | typeof gotCommand | typeof gotFault | typeof gotOversize

/** Redis' PROTO_INLINE_MAX_SIZE. */
const maxLineBytes = 64 * 1024
/** A list of places longer than this is not kept for the next command. */
const keptPlaces = 2048
/** What Redis accepts from a client that has not authenticated yet. */
const unauthenticatedArguments = 10
const unauthenticatedBulkBytes = 16384

/** Less than this of a larger chunk is copied, so that the chunk can go. */
const copyLimit = 16 * 1024

const noBytes = Buffer.alloc(0)
const dollar = 0x24
const star = 0x2a
const cr = 0x0d
const zero = 0x30

/** Answers of `readLength` that are no length. */
const lineIncomplete = -1
const notALength = -2
const negative = -3

/**
 * Reads commands of the Redis protocol (https://redis.io/docs/latest/develop/reference/protocol-spec/) as the Redis
 * 7.0 server does (networking.c), in both forms, multibulk and inline, from chunks cut anywhere. A command that lies
 * whole in a chunk is not copied; one that is cut is gathered in memory that grows with what has arrived, never with
 * what was announced.
 */
export class RespParser {
  readonly args = new Arguments()
  /** Text of the protocol error, as Redis words it. */
  fault = ''
  /** Why a command was dropped, as an error begins: `ERR ...`, `OVERLOADED ...`. */
  oversize = ''
  private readonly limits: ParserLimits
  private readonly budget: ReceiveBudget
  private bytes: Buffer = noBytes
  private at = 0
  private end = 0
  /** Size of `bytes` if it is memory of our own, counted in the budget, that more can be appended to; else 0. */
  private ownBytes = 0
  /** Where the command being read begins. */
  private commandStart = 0
  /** How far a line that is not whole yet has been searched for its end. */
  private searched = 0
  /** Arguments still to come; 0 between commands. */
  private missing = 0
  /** Length of the argument being read; -1 while its header is being read. */
  private bulk = -1
  /** Bytes of the argument being read that are still to be dropped. */
  private toDrop = 0
  private dropping = false
  /** Position after the line that `readLength` read. */
  private lineEnd = 0

  constructor(limits: ParserLimits, budget: ReceiveBudget) {
    this.limits = limits
    this.budget = budget
  }

  /** True if a command has begun but is not whole. */
  get partial(): boolean {
    return this.missing > 0 || this.at < this.end
  }

  /** Size of the chunk that is not used up; memory of the parser's own is counted in the budget instead. */
  get chunkBytes(): number {
    return this.ownBytes > 0 ? 0 : this.bytes.length
  }

  /** Call when a command may stay incomplete for long, so that its few first bytes do not keep a large chunk alive. */
  leaveChunk(): void {
    const kept = this.end - this.commandStart
    if (this.chunkBytes < copyLimit || kept === 0 || kept > copyLimit) return
    const size = Math.max(1024, kept)
    if (!this.budget.resize(0, size)) return
    this.ownBytes = size
    this.moveTo(Buffer.allocUnsafeSlow(size))
  }

  /** Adds what was received. Call only after `next` answered `needMore`; the chunk must not change until it is used up. */
  feed(chunk: Buffer): void {
    let next = chunk
    if (this.commandStart < this.end) {
      if (this.gather(chunk)) return
      next = this.dropInstead(chunk)
    }
    this.letGo()
    this.bytes = next
    this.end = next.length
  }

  /** Gives back all memory; the parser is then as new, but for a command that is being dropped. */
  letGo(): void {
    this.budget.resize(this.ownBytes, 0)
    this.ownBytes = 0
    this.bytes = noBytes
    this.at = 0
    this.end = 0
    this.commandStart = 0
    this.searched = 0
    this.args.bytes = noBytes
  }

  /** Reads to the end of the next command. `authenticated` false: the narrow limits of Redis apply. */
  next(authenticated: boolean): Parsed {
    for (;;) {
      if (this.missing === 0) {
        this.commandStart = this.at
        this.args.count = 0
        if (this.at === this.end) {
          this.letGo()
          return needMore
        }
        if (this.bytes[this.at] !== star) {
          const parsed = this.nextInline()
          if (parsed === gotCommand && this.args.count === 0) continue
          return parsed
        }
        const parsed = this.beginCommand(authenticated)
        if (parsed !== gotCommand) return parsed
        if (this.missing === 0) continue
      }
      return this.readArguments(authenticated)
    }
  }

  /** Reads `*<count>`. */
  private beginCommand(authenticated: boolean): Parsed {
    const count = this.readLength(this.at + 1)
    if (count === lineIncomplete) return this.lineTooLong('too big mbulk count string')
    if (count === notALength || count > this.limits.maxArguments) return this.failed('invalid multibulk length')
    if (count > unauthenticatedArguments && !authenticated) return this.failed('unauthenticated multibulk length')
    this.at = this.lineEnd
    if (this.args.places.length > keptPlaces) this.args.places = []
    if (count > 0) this.missing = count
    return gotCommand
  }

  private readArguments(authenticated: boolean): Parsed {
    const bytes = this.bytes
    const end = this.end
    const args = this.args
    const places = args.places
    while (this.missing > 0) {
      if (this.bulk < 0) {
        const parsed = this.beginArgument(authenticated)
        if (parsed !== gotCommand) return parsed
      }
      if (this.dropping) {
        if (!this.drop()) return needMore
      } else {
        const after = this.at + this.bulk
        if (after + 2 > end) return needMore
        places[2 * args.count] = this.at
        places[2 * args.count + 1] = after
        args.count++
        this.at = after + 2
      }
      this.bulk = -1
      this.missing--
    }
    args.bytes = bytes
    if (!this.dropping) return gotCommand
    this.dropping = false
    return gotOversize
  }

  /** Reads `$<length>`. */
  private beginArgument(authenticated: boolean): Parsed {
    const length = this.readLength(this.at + 1)
    if (length === lineIncomplete) return this.lineTooLong('too big bulk count string')
    if (this.bytes[this.at] !== dollar) return this.failed(`expected '$', got ${quoted(this.bytes[this.at]!)}`)
    if (length < 0 || length > this.limits.maxBulkBytes) return this.failed('invalid bulk length')
    if (length > unauthenticatedBulkBytes && !authenticated) return this.failed('unauthenticated bulk length')
    this.at = this.lineEnd
    this.bulk = length
    if (length > this.limits.keptBulkBytes || this.at + length - this.commandStart > this.limits.maxRequestBytes) {
      this.startDropping(length)
    }
    if (this.dropping) this.toDrop = length + 2
    return gotCommand
  }

  /**
   * The number between `from` and the next CR, which must be followed by one more byte, as in Redis. Sets `lineEnd`.
   * Numbers beyond any limit come out inexact.
   */
  private readLength(from: number): number {
    const bytes = this.bytes
    const end = this.end
    let value = 0
    let at = from
    for (; at < end; at++) {
      const digit = bytes[at]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (at + 1 < end && bytes[at] === cr && at > from && at - from < 10 && (bytes[from] !== zero || at === from + 1)) {
      this.lineEnd = at + 2
      return value
    }
    return this.readOddLength(from)
  }

  /** The rest of `readLength`: lines that are not whole, negative, huge or wrong. */
  private readOddLength(from: number): number {
    // Redis looks for the CR from the type byte on.
    let at = Math.max(this.searched, from - 1)
    while (at < this.end && this.bytes[at] !== cr && this.bytes[at] !== 0) at++
    if (at + 1 >= this.end || this.bytes[at] === 0) {
      this.searched = at
      return lineIncomplete
    }
    this.lineEnd = at + 2
    const text = this.bytes.latin1Slice(from, Math.min(at, from + 32))
    if (text === '0') return 0
    if (/^-[1-9][0-9]{0,18}$/.test(text)) return negative
    return /^[1-9][0-9]{0,18}$/.test(text) ? Number(text) : notALength
  }

  private nextInline(): Parsed {
    const from = this.searched > this.at ? this.searched : this.at
    const newline = this.bytes.subarray(0, this.end).indexOf(0x0a, from)
    if (newline < 0) {
      this.searched = this.end
      return this.lineTooLong('too big inline request')
    }
    let end = newline
    if (end > this.at && this.bytes[end - 1] === cr) end--
    const nul = this.bytes.subarray(this.at, end).indexOf(0)
    if (nul >= 0) return this.failed('NUL byte in inline request')
    if (end - this.at > maxLineBytes) return this.failed('too big inline request')
    if (!splitInline(this.bytes, this.at, end, this.args)) return this.failed('unbalanced quotes in request')
    this.at = newline + 1
    return gotCommand
  }

  /** From here on the command's bytes are forgotten as they come. */
  private startDropping(length: number): void {
    if (this.dropping) return
    const { keptBulkBytes, maxRequestBytes } = this.limits
    this.oversize =
      length > keptBulkBytes
        ? `ERR an argument of ${length} bytes exceeds the limit of ${keptBulkBytes} bytes`
        : `ERR a command of more than ${maxRequestBytes} bytes exceeds the limit`
    this.dropping = true
  }

  /** Drops what is there of an argument; true if that was all of it. */
  private drop(): boolean {
    const step = Math.min(this.toDrop, this.end - this.at)
    this.at += step
    this.toDrop -= step
    this.commandStart = this.at
    this.args.count = 0
    return this.toDrop === 0
  }

  private lineTooLong(text: string): Parsed {
    return this.end - this.at > maxLineBytes ? this.failed(text) : needMore
  }

  private failed(text: string): Parsed {
    this.fault = `Protocol error: ${text}`
    return gotFault
  }

  /** Appends to a command that is not whole; false if there is no room for it. */
  private gather(chunk: Buffer): boolean {
    const kept = this.end - this.commandStart
    const needed = kept + chunk.length
    if (needed > this.ownBytes) {
      const size = this.ownBytes > 0 ? 2 * needed : Math.max(1024, needed)
      if (!this.budget.resize(this.ownBytes, size)) return false
      this.ownBytes = size
      this.moveTo(Buffer.allocUnsafeSlow(size))
    } else if (this.commandStart > 0) {
      this.moveTo(this.bytes)
    }
    chunk.copy(this.bytes, kept)
    this.end = needed
    return true
  }

  /** Moves the command that is not whole to the beginning of `target`. */
  private moveTo(target: Buffer): void {
    const moved = this.commandStart
    this.bytes.copy(target, 0, moved, this.end)
    if (moved > 0) for (let i = 0; i < 2 * this.args.count; i++) this.args.places[i]! -= moved
    this.at -= moved
    this.end -= moved
    this.searched = Math.max(0, this.searched - moved)
    this.commandStart = 0
    this.bytes = target
  }

  /** Begins to drop the command that is not whole; answers what is to be read next. */
  private dropInstead(chunk: Buffer): Buffer {
    if (this.missing > 0 && !this.dropping) {
      this.dropping = true
      this.oversize = 'OVERLOADED reason=backlog retry-after-ms=1000'
      this.args.count = 0
    }
    const rest = this.bytes.subarray(this.at, this.end)
    if (this.bulk < 0) return Buffer.concat([rest, chunk])
    this.toDrop = this.bulk + 2 - rest.length
    return chunk
  }
}

/** A character as C's %c in a Redis error: line ends become spaces, and a NUL ends the text. */
function quoted(byte: number): string {
  if (byte === 0) return "'"
  return byte === cr || byte === 0x0a ? "' '" : `'${String.fromCharCode(byte)}'`
}
