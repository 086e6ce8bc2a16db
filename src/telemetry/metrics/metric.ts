import type { CumulativeLatency } from '../latency.ts'

export type Labels = Readonly<Record<string, string | number>>

/**
 * One exported metric: what `docs/metrics.md` documents, and where its values come from. Values are read when somebody
 * scrapes, never pushed. Names are without the prefix `headgate_`; units are Prometheus' base units.
 */
export type MetricSpec = ValueSpec | HistogramSpec

export interface ValueSpec {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
  read(emit: (value: number, labels?: Labels) => void): void
}

export interface HistogramSpec {
  readonly name: string
  readonly type: 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of the buckets, ascending. */
  readonly boundsSeconds: readonly number[]
  read(emit: (latency: CumulativeLatency, labels: Labels) => void): void
}

export function counter(name: string, help: string, labels: readonly string[], read: ValueSpec['read']): ValueSpec {
  return { name, type: 'counter', help, labels, read }
}

export function gauge(name: string, help: string, labels: readonly string[], read: ValueSpec['read']): ValueSpec {
  return { name, type: 'gauge', help, labels, read }
}
