/** Memory a connection may always have for a command that is not whole, for a transaction, and for what it watches. */
const freeBytes = 16 * 1024

/**
 * Bounds the memory that all connections together spend on commands that are not executed yet: parts of large ones, what
 * stands between MULTI and EXEC, and watched keys. Each is bounded by itself; this bounds thousands of them at once.
 */
export class ReceiveBudget {
  /** Bytes taken and not given back. */
  held = 0
  private readonly limitBytes: number

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** Replaces a piece of `before` bytes by one of `after`; false if there is no room, and then nothing has changed. */
  resize(before: number, after: number): boolean {
    const held = this.held - before + after
    if (held > this.limitBytes && after > freeBytes && after > before) return false
    this.held = held
    return true
  }
}
