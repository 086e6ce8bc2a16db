import { GatewayError } from '../../../errors.ts'
import type { Body } from '../../../operation/body.ts'
import type { Guest } from '../../answer-room.ts'
import type { Glob } from '../glob.ts'
import type { ReplyWriter } from '../reply-writer.ts'
import type { RespServer } from '../resp-server.ts'
import { Pause, Resource } from '../shape.ts'

/**
 * Room that a listing asks for as it grows, before it asks for the whole budget: most are small, and need not wait for
 * large ones.
 */
const smallRooms: readonly number[] = [16 * 1024, 256 * 1024]
const pieceBytes = 64 * 1024
const lf = [0x0d, 0x0a]

/** Memory for the listings of all connections: one of the largest, and small ones beside it. */
export function listingsRoomBytes(mergeBudgetBytes: number): number {
  return mergeBudgetBytes + 16 * 1024 * 1024
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
  private readonly pieces: Buffer[] = []
  private open = Buffer.alloc(0)
  private used = 0
  private sealedBytes = 0
  private count = 0
  private roomBytes = 0
  private ended = false

  constructor(pattern: Uint8Array, glob: Glob, server: RespServer) {
    super()
    this.pattern = pattern
    this.glob = glob
    this.server = server
  }

  /** Adds a key. An error: it is more than the budget, and all is refused. */
  add(key: Uint8Array): GatewayError | undefined {
    const head = `$${key.length}\r\n`
    const needed = head.length + key.length + lf.length
    const { mergeBudgetBytes } = this.server.settings
    if (this.bytes + needed > mergeBudgetBytes) {
      const budget = `limits.mergeBudget (${mergeBudgetBytes} bytes)`
      return new GatewayError('result-too-large', `KEYS found more than ${budget}; use SCAN`)
    }
    if (this.used + needed > this.open.length) this.turnOver(needed)
    const at = this.used + this.open.latin1Write(head, this.used)
    this.open.set(key, at)
    this.open.set(lf, at + key.length)
    this.used += needed
    this.count++
    return undefined
  }

  /** What to do before `next` is asked: nothing, if what was found has its place. */
  beforeNext(next: Body): Body | Pause {
    if (this.bytes <= this.roomBytes) return next
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

  private get bytes(): number {
    return this.sealedBytes + this.used
  }

  private turnOver(needed: number): void {
    if (this.used > 0) {
      this.pieces.push(this.open.subarray(0, this.used))
      this.sealedBytes += this.used
    }
    // The first piece is as small as most answers are.
    const bytes = this.open.length === 0 ? Math.min(pieceBytes, 4 * needed) : pieceBytes
    this.open = Buffer.allocUnsafeSlow(Math.max(bytes, needed))
    this.used = 0
  }

  private enterRoom(next: Body, goOn: (next: Body | GatewayError) => void, gone: () => boolean): void {
    const { server } = this
    const { room, settings } = server
    const roomBytes = smallRooms.find((bytes) => bytes >= this.bytes) ?? settings.mergeBudgetBytes
    this.leaveRoom()
    const enter = (): void => {
      this.roomBytes = roomBytes
      if (this.ended) this.leaveRoom()
      goOn(next)
    }
    const guest: Guest = {
      roomBytes,
      waitingBytes: this.bytes,
      deadline: server.runtime.clock.now() + settings.queryTimeoutMs,
      get gone() {
        return gone()
      },
      enter,
      refuse: goOn,
    }
    if (room.admit(guest)) enter()
  }

  private leaveRoom(): void {
    if (this.roomBytes > 0) this.server.room.leave(this.roomBytes)
    this.roomBytes = 0
  }
}
