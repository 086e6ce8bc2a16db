import type { LatencyBoard } from '../latency.ts'
import { operationClasses, seriesNames } from '../operation-class.ts'
import type { Telemetry } from '../telemetry.ts'
import { counter, type HistogramSpec, type Labels, type MetricSpec } from './metric.ts'

/**
 * Histograms and not summaries: quantiles of several nodes or classes cannot be combined, buckets can. The bounds are
 * two or three a decade, from below what an embedded read takes to above the longest deadline.
 */
const boundsSeconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

const boundsMs = boundsSeconds.map((bound) => bound * 1000)

const seriesLabels: readonly Labels[] = seriesNames.map((name) => ({ ...name }))
const classLabels: readonly Labels[] = operationClasses.map((operation) => ({ operation }))

export function requestMetrics({ requests, latency }: Telemetry): MetricSpec[] {
  const bySeries = ['protocol', 'operation']
  const byClass = ['operation']
  const { total, queue, store } = latency
  return [
    counter('requests_total', 'Requests by how they ended', [...bySeries, 'outcome'], (emit) => {
      for (const { series, outcome, count } of requests.outcomes()) emit(count, { ...seriesNames[series]!, outcome })
    }),
    counter('shed_total', 'Requests and connections turned away, by reason', ['reason'], (emit) => {
      for (const { reason, count } of requests.shedCounts()) emit(count, { reason })
    }),
    histogram('request_duration_seconds', 'Time of answered requests from arrival to answer', bySeries, (emit) => {
      emitAll(total, seriesLabels, emit)
    }),
    histogram('request_queue_seconds', 'Time requests waited for their turn at a shard, sampled', byClass, (emit) => {
      emitAll(queue, classLabels, emit)
    }),
    histogram('request_store_seconds', 'Time requests spent in the store of a shard, sampled', byClass, (emit) => {
      emitAll(store, classLabels, emit)
    }),
  ]
}

function histogram(name: string, help: string, labels: readonly string[], read: HistogramSpec['read']): HistogramSpec {
  return { name, type: 'histogram', help, labels, boundsSeconds, read }
}

/** Those series of a board that were recorded. */
function emitAll(board: LatencyBoard, labels: readonly Labels[], emit: Parameters<HistogramSpec['read']>[0]): void {
  for (let series = 0; series < labels.length; series++) {
    const seen = board.cumulative(series, boundsMs)
    if (seen !== undefined) emit(seen, labels[series]!)
  }
}
