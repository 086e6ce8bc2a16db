/**
 * A keyed 32-bit hash of (space, `bytes[start..end)`): HalfSipHash-1-3 (Aumasson and Bernstein's SipHash on 32-bit words; Linux hashes
 * its own tables with it), with the space in the length byte. Someone who does not know the seed cannot choose keys that
 * collide. `seed` holds two numbers; the answer is a signed 32-bit number.
 */
export function keyHash(
  seed: Int32Array,
  space: number,
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): number {
  const length = end - start
  const words = length >>> 2
  let v0 = seed[0]!
  let v1 = seed[1]!
  let v2 = v0 ^ 0x6c796765
  let v3 = v1 ^ 0x74656462
  for (let round = 0; round < words + 4; round++) {
    let word = 0
    const at = start + (round << 2)
    if (round < words) {
      word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    } else if (round === words) {
      word = ((length << 1) | space) << 24
      for (let i = at; i < end; i++) word |= bytes[i]! << ((i - at) << 3)
    } else if (round === words + 1) {
      v2 ^= 0xff
    }
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
