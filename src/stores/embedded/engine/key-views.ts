const longestKeyBytes = 2048

/**
 * Keys of a walk, handed out one at a time without an object for each: the bytes are copied to one place, which is seen
 * through a view kept for each length that has occurred.
 */
export class KeyViews {
  private readonly bytes = new Uint8Array(longestKeyBytes)
  private readonly views: (Uint8Array | undefined)[] = []

  /** `source[start..end)`, at most 2,048 bytes; valid until the next call. */
  take(source: Uint8Array, start: number, end: number): Uint8Array {
    const { bytes } = this
    const length = end - start
    for (let i = 0; i < length; i++) bytes[i] = source[start + i]!
    this.views[length] ??= bytes.subarray(0, length)
    return this.views[length]
  }
}
