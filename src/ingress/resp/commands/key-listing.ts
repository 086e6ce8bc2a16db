import { GatewayError } from '../../../errors.ts'
import type { Body } from '../../../operation/body.ts'
import type { Guest } from '../../answer-room.ts'
import type { Glob } from '../glob.ts'
import { type ReplyWriter, writeHeader } from '../reply-writer.ts'
import type { RespServer } from '../resp-server.ts'
import { Pause, Resource } from '../shape.ts'

/**
 * Room that a listing asks for as it grows, before it asks for the whole budget: most are small, and need not wait for
 * large ones. No step near the budget: who waits for more keeps what it found, and few could wait for the whole.
 */
const smallRooms: readonly number[] = [16 * 1024, 128 * 1024, 1024 * 1024]
/** All listings below the largest. */
const smallListingsBytes = 16 * 1024 * 1024
const maxPieceBytes = 64 * 1024
const crlf = [0x0d, 0x0a]

/** Memory for the listings of all connections: one of the largest, and small ones beside it. */
export function listingsRoomBytes(mergeBudgetBytes: number): number {
  return largestRoomBytes(mergeBudgetBytes) + smallListingsBytes
}

/** A sixteenth for the ends of pieces, which the next key did not fit. */
function largestRoomBytes(mergeBudgetBytes: number): number {
  return mergeBudgetBytes + Math.ceil(mergeBudgetBytes / 16)
}

/** What a bulk string of so many bytes takes. */
function bulkBytes(length: number): number {
  return 1 + String(length).length + crlf.length + length + crlf.length
}

/**
 * A KEYS under way: what it found so far, in the form in which it will be sent. What outlasts a page of the scan has its
 * place in the room that all listings share. Whoever needs more of it gives back what it has and waits for all it needs,
 * so that listings never wait for each other in a circle.
 */
export class KeyListing extends Resource {
  readonly pattern: Uint8Array
  readonly glob: Glob
  private readonly server: RespServer
  /** Until when it may wait for room, in all. */
  private readonly deadline: number
  private readonly pieces: Buffer[] = []
  private open = Buffer.alloc(0)
  private used = 0
  /** Of the pieces before the open one. */
  private answerBytes = 0
  /** What all pieces take. */
  private memoryBytes = 0
  private count = 0
  private roomBytes = 0
  private ended = false

  constructor(pattern: Uint8Array, glob: Glob, server: RespServer) {
    super()
    this.pattern = pattern
    this.glob = glob
    this.server = server
    this.deadline = server.runtime.clock.now() + server.settings.queryTimeoutMs
  }

  /** Adds a key. An error: it is more than the budget, and all is refused. */
  add(key: Uint8Array): GatewayError | undefined {
    const needed = bulkBytes(key.length)
    const { mergeBudgetBytes } = this.server.settings
    if (this.answerBytes + this.used + needed > mergeBudgetBytes) {
      const budget = `limits.mergeBudget (${mergeBudgetBytes} bytes)`
      return new GatewayError('result-too-large', `KEYS found more than ${budget}; use SCAN`)
    }
    if (this.used + needed > this.open.length) this.turnOver(needed)
    const at = writeHeader(this.open, this.used, 0x24, key.length)
    this.open.set(key, at)
    this.open.set(crlf, at + key.length)
    this.used += needed
    this.count++
    return undefined
  }

  /** What to do before `next` is asked: nothing, if what was found has its place. */
  beforeNext(next: Body): Body | Pause {
    if (this.memoryBytes <= this.roomBytes) return next
    return new Pause((goOn, gone) => this.enterRoom(next, goOn, gone))
  }

  /** Writes the whole answer. */
  writeTo(out: ReplyWriter): void {
    out.array(this.count)
    for (const piece of this.pieces) out.outbox.owned(piece)
    out.outbox.owned(this.open.subarray(0, this.used))
  }

  /** See `Resource`. */
  release(): void {
    this.ended = true
    this.pieces.length = 0
    this.open = Buffer.alloc(0)
    this.used = 0
    this.leaveRoom()
  }

  private turnOver(needed: number): void {
    if (this.used > 0) this.pieces.push(this.open.subarray(0, this.used))
    this.answerBytes += this.used
    // It doubles what there is, so that small listings are not charged for room that they do not fill.
    this.open = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(maxPieceBytes, this.memoryBytes)))
    this.memoryBytes += this.open.length
    this.used = 0
  }

  private enterRoom(next: Body, goOn: (next: Body | GatewayError) => void, gone: () => boolean): void {
    const { server } = this
    const { room, settings } = server
    const small = smallRooms.find((bytes) => bytes >= this.memoryBytes)
    const roomBytes = small ?? largestRoomBytes(settings.mergeBudgetBytes)
    this.leaveRoom()
    const enter = (): void => {
      this.roomBytes = roomBytes
      if (this.ended) this.leaveRoom()
      goOn(next)
    }
    const guest: Guest = {
      roomBytes,
      waitingBytes: this.memoryBytes,
      deadline: this.deadline,
      get gone() {
        return gone()
      },
      enter,
      // Not at once: what is behind it in the pipeline may then ask for room itself.
      refuse: (error) => server.runtime.timers.soon(() => goOn(error)),
    }
    if (room.admit(guest)) enter()
  }

  private leaveRoom(): void {
    if (this.roomBytes > 0) this.server.room.leave(this.roomBytes)
    this.roomBytes = 0
  }
}
