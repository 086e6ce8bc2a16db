import { Float64Histogram, JsHistogram, WasmHistogram } from 'hdr-histogram-js'
// Tells the compiler of `JsHistogram.decode`, which the package's index leaves out.
import type {} from 'hdr-histogram-js/dist/JsHistogram.encoding.js'

const lowestUs = 1
const highestUs = 2 ** 31 - 1
const digits = 2

/** Whole microseconds at two significant digits. Lives on the JavaScript heap. */
export type LatencyCounts = JsHistogram

/** To add others to: its counts do not overflow. */
export function noCounts(): LatencyCounts {
  return new Float64Histogram(lowestUs, highestUs, digits)
}

/**
 * Durations of one kind: the open window, the windows before it and everything since the start. Values go into an
 * HdrHistogram in WebAssembly, where recording is cheapest but counts cannot be read: reading is done on decoded copies.
 * Closed windows stay encoded, a tenth of the memory. Needs `initWebAssembly`; its memory must be given back: `end`.
 */
export class LatencyHistogram {
  /** Of everything since the start, exact. */
  sumMs = 0
  private readonly open = WasmHistogram.build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: lowestUs,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: digits,
  })
  /** Oldest first; undefined where nothing was recorded. */
  private readonly windows: (Uint8Array | undefined)[] = []
  private readonly earlier = noCounts()

  /** `count` equal durations. What the histogram would throw at (negative, NaN, above 35 min) is clamped. */
  record(durationMs: number, count: number): void {
    const us = durationMs * 1000
    this.open.recordValueWithCount(us >= highestUs ? highestUs : us > 0 ? us : 0, count)
    this.sumMs += durationMs * count
  }

  /** Closes the window and forgets those beyond the last `keep`. */
  rotate(keep: number): void {
    const closed = this.encodeOpen()
    if (closed !== undefined) {
      this.earlier.add(decode(closed))
      this.open.reset()
    }
    this.windows.push(closed)
    if (this.windows.length > keep) this.windows.shift()
  }

  /** Adds what the open window and the ones kept hold to `sum`. */
  addRecent(sum: LatencyCounts): void {
    for (const window of [...this.windows, this.encodeOpen()]) if (window !== undefined) sum.add(decode(window))
  }

  addSinceStart(sum: LatencyCounts): void {
    const open = this.encodeOpen()
    if (open !== undefined) sum.add(decode(open))
    sum.add(this.earlier)
  }

  /** Not to be used any more. */
  end(): void {
    this.open.destroy()
  }

  /** Undefined if it is empty. */
  private encodeOpen(): Uint8Array | undefined {
    return this.open.totalCount === 0 ? undefined : this.open.encode()
  }
}

function decode(encoded: Uint8Array): LatencyCounts {
  return JsHistogram.decode(encoded, 64)
}

/** How many durations are at most each of the ascending bounds, a bound being rounded up to the end of its cell. */
export function cumulativeCounts(counts: LatencyCounts, boundsMs: readonly number[]): number[] {
  const sums: number[] = []
  let cell = 0
  let seen = 0
  for (const boundMs of boundsMs) {
    const last = counts.countsArrayIndex(Math.round(boundMs * 1000))
    for (; cell <= last; cell++) seen += counts.getCountAtIndex(cell)
    sums.push(seen)
  }
  return sums
}
