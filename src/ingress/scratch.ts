export const scratchSize = 64 * 1024

/** A piece of memory that replies are put together in; shared by all connections while it is not in a slow write. */
export class Scratch {
  readonly bytes = Buffer.allocUnsafeSlow(scratchSize)
  used = 0
  /** Sealed pieces that lie in it and are not written yet. */
  pins = 0
  /** A slow write refers to it. */
  lost = false
}
