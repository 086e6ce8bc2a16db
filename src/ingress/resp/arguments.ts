/**
 * The arguments of one command: places in a buffer, so that a command costs no allocation until a handler needs an
 * argument as an array of its own. Valid until the next command is parsed.
 */
export class Arguments {
  bytes: Buffer = Buffer.alloc(0)
  count = 0
  /** Argument `i` is `bytes[places[2 * i] .. places[2 * i + 1])`. May be longer than `2 * count`. */
  places: number[] = []

  start(index: number): number {
    return this.places[2 * index]!
  }

  end(index: number): number {
    return this.places[2 * index + 1]!
  }

  length(index: number): number {
    return this.places[2 * index + 1]! - this.places[2 * index]!
  }

  /** A view, valid as long as the read buffer is. */
  view(index: number): Uint8Array {
    const start = this.places[2 * index]!
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, this.places[2 * index + 1]! - start)
  }

  /** One character for each byte. */
  text(index: number): string {
    return this.bytes.latin1Slice(this.start(index), this.end(index))
  }

  /** As the C functions of Redis see an argument: up to its first NUL byte. */
  cText(index: number): string {
    const text = this.text(index)
    const nul = text.indexOf('\0')
    return nul < 0 ? text : text.slice(0, nul)
  }

  /** Whether an argument is `word` (lower case letters), in any case. Like strcasecmp, it sees nothing after a NUL. */
  is(index: number, word: string): boolean {
    const start = this.places[2 * index]!
    const length = this.places[2 * index + 1]! - start
    if (length < word.length) return false
    for (let i = 0; i < word.length; i++) {
      const byte = this.bytes[start + i]!
      const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
      if (lower !== word.charCodeAt(i)) return false
    }
    return length === word.length || this.bytes[start + word.length] === 0
  }

  /** Bytes of all arguments. */
  get size(): number {
    let total = 0
    for (let i = 0; i < this.count; i++) total += this.length(i)
    return total
  }

  /** A copy with memory of its own, sharing nothing with the read buffer. */
  copy(): Arguments {
    const copied = new Arguments()
    const last = 2 * this.count
    const bytes = Buffer.allocUnsafeSlow(this.size)
    const places = new Array<number>(last)
    let at = 0
    for (let i = 0; i < last; i += 2) {
      const start = this.places[i]!
      const end = this.places[i + 1]!
      this.bytes.copy(bytes, at, start, end)
      places[i] = at
      at += end - start
      places[i + 1] = at
    }
    copied.bytes = bytes
    copied.count = this.count
    copied.places = places
    return copied
  }
}

/** A copy with memory of its own. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
