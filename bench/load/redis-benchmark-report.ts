/** What redis-benchmark 7.0 printed, finished or not. Rates per second, times in milliseconds. */
export interface RedisBenchmarkReport {
  /** Of the whole run: the summary's, or the last progress line's where the run was cut off. */
  readonly rate: number
  readonly requests: number | undefined
  readonly seconds: number | undefined
  /** One rate for each progress line, a quarter of a second apart. */
  readonly progress: readonly number[]
  /** Undefined where the run was cut off. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } | undefined
}

const progressLine = /\brps=([\d.]+) \(overall: ([\d.]+|-?nan)\)/g

/** Throws if there is neither progress nor a summary. */
export function parseRedisBenchmark(output: string): RedisBenchmarkReport {
  // The first line is printed when the clock starts and says nothing.
  const lines = [...output.matchAll(progressLine)].filter(([, , overall]) => Number(overall) > 0)
  const progress = lines.map(([, rate]) => Number(rate))
  const summary = /throughput summary: ([\d.]+) requests per second/.exec(output)
  const completed = /(\d+) requests completed in ([\d.]+) seconds/.exec(output)
  const rate = Number(summary?.[1] ?? lines.at(-1)?.[2])
  if (!(rate > 0)) throw new Error(`redis-benchmark printed no rate: ${output.slice(-300)}`)
  return {
    rate,
    requests: completed === null ? undefined : Number(completed[1]),
    seconds: completed === null ? undefined : Number(completed[2]),
    progress,
    latency: parseLatency(output),
  }
}

/** The row below `avg min p50 p95 p99 max`. */
function parseLatency(output: string): RedisBenchmarkReport['latency'] {
  const row = /avg\s+min\s+p50\s+p95\s+p99\s+max\s+([\d. ]+)/.exec(output)?.[1]
  if (row === undefined) return undefined
  const [, , p50Ms = Number.NaN, , p99Ms = Number.NaN, maxMs = Number.NaN] = row.trim().split(/\s+/).map(Number)
  return { p50Ms, p99Ms, maxMs }
}
