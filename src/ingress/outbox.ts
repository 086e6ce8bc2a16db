import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { LateClient } from './late-clients.ts'
import type { Gatherer, OutputPool } from './output-pool.ts'
import { Pieces } from './pieces.ts'
import { type Scratch, scratchSize } from './scratch.ts'

/** Bodies above this are not gathered in the scratch: one more copy would cost more than one more piece. */
export const gatherLimit = 16 * 1024

/** Up to this length a loop copies faster than a call of `set` on a view. */
const longestLooped = 40

/**
 * The output of one connection. Append with `text`, `bytes`, `owned` (or `reserve` and `advance`), then `flushSoon`, or
 * `flush` where the bytes have to go before anything else happens. Appending never writes and never fails; a closed
 * connection's bytes are dropped.
 */
export class Outbox implements Gatherer {
  private readonly pool: OutputPool
  private readonly socket: Socket
  /** Sealed pieces, in order, before the open region. */
  private readonly pieces = new Pieces()
  /** Where the open region begins in the pool's scratch; meaningful while this outbox is the owner. */
  private start = 0
  private sealedBytes = 0
  private heldBytes = 0
  private handedBytes = 0
  private queued = false
  private readonly late: LateClient
  /** A TLS socket is never done with a write when `write` returns. */
  private readonly neverAtOnce: boolean

  constructor(pool: OutputPool, socket: Socket) {
    this.pool = pool
    this.socket = socket
    this.late = new LateClient(pool.late, socket)
    this.neverAtOnce = (socket as Partial<TLSSocket>).encrypted === true
  }

  /** Bytes appended so far, those of a reply that waits for its turn among them. */
  get appended(): number {
    return this.handedBytes + this.gathered
  }

  /** Bytes that wait for this client, in whatever stage. */
  get backlog(): number {
    return this.gathered + this.socket.writableLength
  }

  private get gathered(): number {
    const open = this.pool.owner === this ? this.pool.scratch.used - this.start : 0
    return open + this.sealedBytes + this.heldBytes
  }

  /** True while no more requests of this client should be read. The socket's `drain` says when to look again. */
  get full(): boolean {
    return this.backlog > this.pool.limits.softBytes
  }

  /** So many bytes of this client's requests have come and cannot be read yet; 0: none. They count as its own delay. */
  keepsInput(bytes: number): void {
    this.late.keeps(bytes)
  }

  /** Appends a string of characters 0..255. */
  text(latin1: string): void {
    if (latin1.length > scratchSize) {
      this.owned(Buffer.from(latin1, 'latin1'))
      return
    }
    const at = this.reserve(latin1.length)
    const target = this.pool.scratch.bytes
    if (latin1.length <= 32) for (let i = 0; i < latin1.length; i++) target[at + i] = latin1.charCodeAt(i)
    else target.write(latin1, at, 'latin1')
    this.pool.scratch.used = at + latin1.length
  }

  /** Appends a copy of `source[start..end)`. */
  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const length = end - start
    if (length > gatherLimit) {
      this.owned(Buffer.from(source.subarray(start, end)))
      return
    }
    const at = this.reserve(length)
    this.copy(source, start, end, at)
    this.pool.scratch.used = at + length
  }

  /** Appends bytes that nobody else will change, without copying large ones. */
  owned(source: Buffer): void {
    if (source.length <= gatherLimit) {
      this.bytes(source)
      return
    }
    this.seal()
    this.pieces.push(source, 0, source.length, undefined)
    this.gather(source.length)
  }

  /**
   * Makes room for `length` bytes (at most 64 KiB) in `memory` and answers the offset; follow with `advance` to the
   * end of what was written, before anything else is appended anywhere.
   */
  reserve(length: number): number {
    const pool = this.pool
    if (pool.owner !== this) this.claim()
    if (pool.scratch.used + length > scratchSize) {
      this.seal()
      if (pool.scratch.used + length > scratchSize) pool.replaceScratch()
      this.claim()
    }
    return pool.scratch.used
  }

  /** Copies into `memory`; to be used between `reserve` and `advance`. */
  copy(source: Uint8Array, start: number, end: number, at: number): void {
    const { memory } = this
    if (end - start <= longestLooped) for (let i = start; i < end; i++) memory[at++] = source[i]!
    else memory.set(start === 0 && end === source.length ? source : this.pool.view(source, start, end), at)
  }

  get memory(): Buffer {
    return this.pool.scratch.bytes
  }

  advance(end: number): void {
    this.pool.scratch.used = end
  }

  /**
   * An answer that is sent as the client takes it has `bytes` of memory of its own, and had `before` counted for it;
   * tells what counts now.
   */
  holds(before: number, bytes: number): number {
    const counted = Math.min(bytes, this.pool.late.mostHeldBytes)
    if (counted !== before) this.late.holds(counted - before)
    return counted
  }

  /** Begins a reply that must wait for its turn: append it, then `endHeld` with this mark. */
  beginHeld(): number {
    this.seal()
    return this.pieces.length
  }

  /** Takes back what was appended since the mark, as bytes of its own; they count as backlog until `release`. */
  endHeld(mark: number): Buffer {
    this.seal()
    const taken = this.pieces.takeFrom(mark)
    const held = Buffer.concat(taken.map((piece) => piece.bytes.subarray(piece.start, piece.end)))
    for (const { scratch } of taken) this.unpin(scratch)
    this.gather(-held.length)
    this.heldBytes += held.length
    if (held.length > gatherLimit) this.late.holds(held.length)
    return held
  }

  /** Appends a held reply whose turn has come. */
  release(held: Buffer): void {
    this.heldBytes -= held.length
    if (held.length > gatherLimit) this.late.holds(-held.length)
    this.owned(held)
  }

  /** Flushes together with everything else that completes in this turn of the event loop. */
  flushSoon(): void {
    if (!this.queued) {
      this.queued = true
      this.pool.flushSoon(this)
    }
    this.pool.checkGathered()
  }

  /** Hands everything appended to the socket: one system call, however many replies it holds. */
  flush(): void {
    this.queued = false
    const pool = this.pool
    if (this.pieces.length === 0) {
      if (pool.owner !== this) return
      const scratch = pool.scratch
      const start = this.start
      pool.owner = undefined
      if (start !== scratch.used) this.write(scratch.bytes.subarray(start, scratch.used), scratch)
      if (pool.scratch === scratch) scratch.used = scratch.pins === 0 ? 0 : start
    } else {
      this.seal()
      this.writePieces()
    }
    this.late.check()
  }

  /** Drops what is waiting; the connection is gone. */
  discard(): void {
    this.seal()
    for (const { scratch } of this.pieces.takeFrom(0)) this.unpin(scratch)
    this.gather(-this.sealedBytes)
    this.heldBytes = 0
    this.late.settle()
  }

  private gather(bytes: number): void {
    this.sealedBytes += bytes
    this.pool.gatheredBytes += bytes
  }

  private writePieces(): void {
    this.gather(-this.sealedBytes)
    if (this.pieces.length === 1) {
      const { bytes, start, end, scratch } = this.pieces.only
      this.pieces.dropOnly()
      this.writePiece(bytes.subarray(start, end), scratch)
      return
    }
    const pieces = this.pieces.takeFrom(0)
    this.socket.cork()
    // While corked nothing is taken at once, so scratch memory is judged after the uncork.
    const copy = this.neverAtOnce || this.socket.writableLength > 0
    for (let i = 0; i < pieces.length; i++) {
      const { bytes, start, end, scratch } = pieces[i]!
      const view = bytes.subarray(start, end)
      this.put(copy && scratch !== undefined ? Buffer.from(view) : view)
    }
    this.socket.uncork()
    const slow = this.socket.writableLength > 0
    if (slow) this.late.queued(pieces.length)
    let lost: Scratch | undefined
    for (let i = 0; i < pieces.length; i++) {
      const { scratch } = pieces[i]!
      if (slow && !copy && scratch !== undefined && scratch !== lost) {
        this.lose(scratch)
        lost = scratch
      }
      this.unpin(scratch)
    }
  }

  private writePiece(view: Buffer, scratch: Scratch | undefined): void {
    if (scratch !== undefined) this.write(view, scratch)
    else {
      this.put(view)
      if (this.socket.writableLength > 0) this.late.queued(1)
    }
    this.unpin(scratch)
  }

  private write(view: Buffer, scratch: Scratch): void {
    const { socket } = this
    // Its bytes would tie up a whole scratch.
    const copy = this.neverAtOnce || socket.writableLength > 0
    this.put(copy ? Buffer.from(view) : view)
    if (socket.writableLength === 0) return
    if (copy) this.late.queued(1)
    else this.lose(scratch)
  }

  private put(bytes: Buffer): void {
    if (!this.socket.writable) return
    this.pool.bytesWritten += bytes.length
    this.handedBytes += bytes.length
    if (this.neverAtOnce) this.socket.write(bytes, this.late.takenCallback())
    else this.socket.write(bytes)
  }

  /** A write that is under way refers to this scratch: nothing may be written into it any more. */
  private lose(scratch: Scratch): void {
    this.late.ties(scratchSize)
    scratch.lost = true
    if (this.pool.scratch !== scratch) return
    this.pool.owner?.seal()
    this.pool.replaceScratch()
  }

  private claim(): void {
    const pool = this.pool
    pool.owner?.seal()
    pool.owner = this
    this.start = pool.scratch.used
  }

  /** @internal Turns the open region into a piece, so that another outbox can use the tail of the scratch. */
  seal(): void {
    const pool = this.pool
    if (pool.owner !== this) return
    pool.owner = undefined
    const scratch = pool.scratch
    if (scratch.used === this.start) {
      if (scratch.pins === 0) scratch.used = 0
      return
    }
    scratch.pins++
    this.pieces.push(scratch.bytes, this.start, scratch.used, scratch)
    this.gather(scratch.used - this.start)
  }

  private unpin(scratch: Scratch | undefined): void {
    if (scratch !== undefined && --scratch.pins === 0) this.pool.emptied(scratch)
  }
}
