import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** From this limit of the heap on V8 lets it grow fourfold between collections; below, it is thrifty by itself. */
const largeHeapBytes = 2 ** 31

/**
 * Lets V8 collect the old generation of a large heap when it has doubled, not only when it is four times what it was: see
 * `docs/decisions/0028-heap-growth.md`. For processes that serve; call it before work begins.
 */
export function boundHeapGrowth(
  heapLimitBytes: number = getHeapStatistics().heap_size_limit,
  setFlags: (flags: string) => void = setFlagsFromString,
): void {
  if (heapLimitBytes >= largeHeapBytes) setFlags('--heap-growing-percent=100')
}
