import type { Runtime } from '../../runtime/runtime.ts'

/** Cursors remembered at once. */
export const maxCursors = 10_000
/** A cursor nobody came back with for this long is forgotten. */
export const cursorIdleMs = 10 * 60 * 1000

interface Cursor {
  /** The last key that was looked at. */
  readonly position: Uint8Array
  /** The cursor that led here. It stays usable until this one is used, in case its answer was lost. */
  readonly previous: string | undefined
  usedAt: number
}

/**
 * What SCAN cursors stand for. A cursor is a random number, because a position in key order does not fit into one. Of
 * the 64 bits the protocol allows, 53 are used: some client libraries keep cursors in doubles or signed integers.
 * A running iteration holds two places at most; when the table is full, the cursor unused for longest goes.
 */
export class ScanCursors {
  private readonly runtime: Runtime
  /** In order of use, oldest first. */
  private readonly cursors = new Map<string, Cursor>()

  constructor(runtime: Runtime) {
    this.runtime = runtime
  }

  get size(): number {
    return this.cursors.size
  }

  /** The key after which the iteration goes on, or undefined if there is no such cursor (any more). */
  find(id: string): Uint8Array | undefined {
    this.expire()
    const cursor = this.cursors.get(id)
    if (cursor === undefined) return undefined
    cursor.usedAt = this.runtime.clock.now()
    this.cursors.delete(id)
    this.cursors.set(id, cursor)
    if (cursor.previous !== undefined) this.cursors.delete(cursor.previous)
    return cursor.position
  }

  /** A new cursor at `position` (kept, so a copy), reached from cursor `previous`. */
  add(position: Uint8Array, previous: string | undefined): string {
    this.expire()
    if (this.cursors.size >= maxCursors) this.dropOldest()
    let id = this.draw()
    while (id === '0' || this.cursors.has(id)) id = this.draw()
    this.cursors.set(id, { position, previous, usedAt: this.runtime.clock.now() })
    return id
  }

  private draw(): string {
    return (this.runtime.random.bytes(8).readBigUInt64LE() >> 11n).toString()
  }

  private expire(): void {
    const limit = this.runtime.clock.now() - cursorIdleMs
    for (const [id, cursor] of this.cursors) {
      if (cursor.usedAt > limit) return
      this.cursors.delete(id)
    }
  }

  private dropOldest(): void {
    for (const id of this.cursors.keys()) {
      this.cursors.delete(id)
      return
    }
  }
}
