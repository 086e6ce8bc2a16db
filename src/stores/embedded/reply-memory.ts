import { GatewayError } from '../../errors.ts'

/** Why an answer that would have to wait for the disk is not given. */
export const replyMemoryFull = new GatewayError('overloaded', 'Too many answers wait for the disk.', {
  reason: 'backlog',
  retryAfterMs: 100,
})

/**
 * Records in answers that wait for the disk, all shards of a process together. Bounded to within one answer: none with
 * records is added while it is full.
 */
export class ReplyMemory {
  readonly #limitBytes: number
  heldBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get full(): boolean {
    return this.heldBytes >= this.#limitBytes
  }
}
