import type { ListenerGauges, ListenerReading } from '../gauges.ts'
import { counter, gauge, type MetricSpec, type ValueSpec } from './metric.ts'

export function listenerMetrics(source: ListenerGauges): MetricSpec[] {
  const each = (read: (listener: ListenerReading) => number | undefined): ValueSpec['read'] => {
    return (emit) => {
      for (const reading of source.listeners()) {
        const value = read(reading)
        if (value !== undefined) emit(value, { listener: reading.listener })
      }
    }
  }
  const level = (name: string, help: string, read: (listener: ListenerReading) => number | undefined) =>
    gauge(name, help, ['listener'], each(read))
  const count = (name: string, help: string, read: (listener: ListenerReading) => number) =>
    counter(name, help, ['listener'], each(read))
  return [
    level('connections_open', 'Connections open', (l) => l.open),
    count('connections_accepted_total', 'Connections accepted', (l) => l.accepted),
    counter('connections_refused_total', 'Connections refused, by reason', ['listener', 'reason'], (emit) => {
      for (const { listener, refused } of source.listeners()) {
        for (const [reason, times] of Object.entries(refused)) emit(times, { listener, reason })
      }
    }),
    count('received_bytes_total', 'Bytes received from clients', (l) => l.bytesIn),
    count('sent_bytes_total', 'Bytes sent to clients', (l) => l.bytesOut),
    level('answers_held_bytes', 'Room taken by large answers being made', (l) => l.answers?.heldBytes),
    level('answers_waiting', 'Requests that wait for room for their answers', (l) => l.answers?.waiting),
  ]
}
