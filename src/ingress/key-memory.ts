const noBytes = new Uint8Array(0)

/**
 * Where one request at a time has a copy of its key, until it is over: what may still be read then must not be used again
 * (`Exchange.isLent` over HTTP, `Conversation.replace`). Keys of one client tend to have one length, and copying twenty
 * bytes costs a third of making a view.
 */
export class KeyMemory {
  private key: Uint8Array = noBytes

  /** A copy of `bytes[start..end)`, until the next call. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start
    let { key } = this
    if (key.length !== length) {
      key = new Uint8Array(length)
      this.key = key
    }
    for (let i = 0; i < length; i++) key[i] = bytes[start + i]!
    return key
  }
}
