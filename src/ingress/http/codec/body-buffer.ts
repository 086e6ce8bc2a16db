import { GatewayError } from '../../../errors.ts'
import { bodyTooLarge } from './codec-errors.ts'

/**
 * Memory for request bodies that did not arrive in one piece, shared by all connections: without a common bound, slow
 * uploads on many connections would add up to maxConnections times the largest value.
 */
export class BodyBudget {
  readonly maxBytes: number
  usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.maxBytes) return false
    this.usedBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.usedBytes -= bytes
  }
}

const noBytes = Buffer.alloc(0)
const firstCapacity = 4096
const noRoom = new GatewayError('overloaded', 'Too many request bodies are arriving at once; try again later.', {
  reason: 'backlog',
})

/** One body while it arrives: one block that doubles, so that a trickle of single bytes costs no more than the body. */
export class BodyBuffer {
  private readonly budget: BodyBudget
  private block: Buffer = noBytes
  private length = 0
  private limitBytes = 0

  constructor(budget: BodyBudget) {
    this.budget = budget
  }

  begin(limitBytes: number): void {
    this.clear()
    this.limitBytes = limitBytes
  }

  /** Whether so many more bytes stay within the limit of this body. */
  fits(bytes: number): boolean {
    return this.length + bytes <= this.limitBytes
  }

  /** What a body that does not fit is refused with. */
  get tooLarge(): GatewayError {
    return bodyTooLarge(this.limitBytes)
  }

  /** Copies `source[start..end)` in. Answers why not: over the limit of this body, or over the common budget. */
  append(source: Uint8Array, start: number, end: number): GatewayError | undefined {
    const length = this.length + end - start
    if (!this.fits(end - start)) return this.tooLarge
    if (length > this.block.length && !this.grow(length)) return noRoom
    this.block.set(source.subarray(start, end), this.length)
    this.length = length
    return undefined
  }

  /** The body so far: a view that stays valid until `clear`. */
  bytes(): Buffer {
    return this.block.subarray(0, this.length)
  }

  get size(): number {
    return this.length
  }

  /** Gives the memory back. */
  clear(): void {
    if (this.block.length > 0) this.budget.give(this.block.length)
    this.block = noBytes
    this.length = 0
  }

  private grow(length: number): boolean {
    const wanted = Math.max(length, Math.min(this.limitBytes, Math.max(firstCapacity, this.block.length * 2)))
    if (!this.budget.take(wanted)) return false
    const block = Buffer.allocUnsafeSlow(wanted)
    block.set(this.bytes())
    this.budget.give(this.block.length)
    this.block = block
    return true
  }
}
