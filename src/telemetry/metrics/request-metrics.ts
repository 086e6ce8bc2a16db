import type { LatencyPart } from '../latency.ts'
import { seriesNames } from '../operation-class.ts'
import type { Telemetry } from '../telemetry.ts'
import { counter, type HistogramSpec, type MetricSpec } from './metric.ts'

/**
 * Histograms and not summaries: quantiles of several nodes or classes cannot be combined, buckets can. The bounds are
 * two or three a decade, from below what an embedded read takes to above the longest deadline.
 */
const boundsSeconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

export function requestMetrics(telemetry: Telemetry): MetricSpec[] {
  const { requests } = telemetry
  return [
    counter('requests_total', 'Requests by how they ended', ['protocol', 'operation', 'outcome'], (emit) => {
      for (const { series, outcome, count } of requests.outcomes()) emit(count, { ...seriesNames[series]!, outcome })
    }),
    counter('shed_total', 'Requests and connections turned away, by reason', ['reason'], (emit) => {
      for (const { reason, count } of requests.shedCounts()) emit(count, { reason })
    }),
    latency(telemetry, 'request_duration_seconds', 'Time of answered requests from arrival to answer', 'total'),
    latency(telemetry, 'request_queue_seconds', 'Time answered requests waited for their turn', 'queue'),
    latency(telemetry, 'request_store_seconds', 'Time answered requests spent in the store', 'store'),
  ]
}

function latency(telemetry: Telemetry, name: string, help: string, part: LatencyPart): HistogramSpec {
  const boundsMs = boundsSeconds.map((bound) => bound * 1000)
  return {
    name,
    type: 'histogram',
    help,
    labels: ['protocol', 'operation'],
    boundsSeconds,
    read(emit) {
      for (const [series, labels] of seriesNames.entries()) {
        const seen = telemetry.latency.cumulative(part, series, boundsMs)
        if (seen !== undefined) emit(seen, { ...labels })
      }
    },
  }
}
