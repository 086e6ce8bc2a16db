import { crc16 } from './crc16.ts'

/** Buckets are numbered 1..1000 for ever; a shard owns ranges of them. */
export const bucketCount = 1000

const slotCount = 16384
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * The bucket of a key: Redis Cluster's slot (CRC16 of the tag, modulo 16384) scaled to 1..1000, so that a range of
 * buckets is a range of slots. The tag is what stands between the first `{` and the next `}` if that is not empty,
 * else the whole key.
 */
export function bucketOf(key: Uint8Array): number {
  const open = key.indexOf(openBrace)
  if (open >= 0) {
    const close = key.indexOf(closeBrace, open + 1)
    if (close > open + 1) return bucketOfSlot(crc16(key, open + 1, close) % slotCount)
  }
  return bucketOfSlot(crc16(key, 0, key.length) % slotCount)
}

/** The part of a key that is hashed, as a view. */
export function tagOf(key: Uint8Array): Uint8Array {
  const open = key.indexOf(openBrace)
  const close = open < 0 ? -1 : key.indexOf(closeBrace, open + 1)
  return close > open + 1 ? key.subarray(open + 1, close) : key
}

/** The Redis Cluster slot (0..16383) of a key. */
export function slotOf(key: Uint8Array): number {
  const tag = tagOf(key)
  return crc16(tag, 0, tag.length) % slotCount
}

/** The bucket (1..1000) that a Redis Cluster slot (0..16383) belongs to. */
export function bucketOfSlot(slot: number): number {
  return 1 + Math.floor((slot * bucketCount) / slotCount)
}
