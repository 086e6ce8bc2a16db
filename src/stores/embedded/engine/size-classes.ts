/**
 * Slot sizes of slab memory: four to each doubling from 32 bytes, so that a record wastes at most a fifth of its slot
 * (beyond the first few). Larger records have memory of their own.
 */
export const smallestSlotBytes = 32
export const largestSlotBytes = 65_536

const firstDoubling = 31 - Math.clz32(smallestSlotBytes)
export const classCount = (31 - Math.clz32(largestSlotBytes) - firstDoubling) * 4 + 1

/** The class whose slots hold `bytes` (1 .. `largestSlotBytes`) with the least waste. */
export function classOf(bytes: number): number {
  if (bytes <= smallestSlotBytes) return 0
  const doubling = 31 - Math.clz32(bytes - 1)
  const quarter = (bytes - 1) >>> (doubling - 2)
  return (doubling - firstDoubling) * 4 + (quarter & 3) + 1
}

export function slotBytesOf(sizeClass: number): number {
  const base = smallestSlotBytes << (sizeClass >>> 2)
  return base + (base >>> 2) * (sizeClass & 3)
}
