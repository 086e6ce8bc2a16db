import type { GatewayError } from '../../errors.ts'
import { type BodyBudget, BodyBuffer } from './codec/body-buffer.ts'
import { ChunkedDecoder } from './codec/chunked-decoder.ts'
import type { RequestHead } from './codec/request-head.ts'

const maxTrailerBytes = 4096

/** Reads the body of one request after another that did not arrive together with its head. */
export class BodyReader {
  /** Why `read` answered -1. */
  error: GatewayError | undefined
  private readonly buffer: BodyBuffer
  private decoder: ChunkedDecoder | undefined
  private chunked = false
  private remaining = 0

  constructor(budget: BodyBudget) {
    this.buffer = new BodyBuffer(budget)
  }

  begin(head: RequestHead, limitBytes: number): void {
    this.buffer.begin(head.contentLength ?? limitBytes)
    this.chunked = head.chunked
    this.remaining = head.contentLength ?? 0
    this.error = undefined
    if (!head.chunked) return
    this.decoder ??= new ChunkedDecoder(maxTrailerBytes)
    this.decoder.reset()
  }

  get done(): boolean {
    return this.chunked ? this.decoder!.done : this.remaining === 0
  }

  /** Reads on from `bytes[at..]`; answers where it stopped, or -1. */
  read(bytes: Buffer, at: number): number {
    if (this.chunked) {
      const next = this.decoder!.decode(bytes, at, bytes.length, this.buffer)
      if (next < 0) this.error = this.decoder!.error
      return next
    }
    const until = Math.min(bytes.length, at + this.remaining)
    this.error = this.buffer.append(bytes, at, until)
    this.remaining -= until - at
    return this.error === undefined ? until : -1
  }

  /** The whole body: a view that is valid until `clear`. */
  bytes(): Buffer {
    return this.buffer.bytes()
  }

  clear(): void {
    this.buffer.clear()
  }
}
