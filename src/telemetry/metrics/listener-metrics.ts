import type { ListenerGauges, ListenerReading } from '../gauges.ts'
import { counter, gauge, type MetricSpec, type ValueSpec } from './metric.ts'

type Answers = NonNullable<ListenerReading['answers']>

export function listenerMetrics(source: ListenerGauges): MetricSpec[] {
  const each = (read: (listener: ListenerReading) => number): ValueSpec['read'] => {
    return (emit) => {
      for (const reading of source.listeners()) emit(read(reading), { listener: reading.listener })
    }
  }
  const count = (name: string, help: string, read: (listener: ListenerReading) => number) =>
    counter(name, help, ['listener'], each(read))
  const ofAnswers = (name: string, help: string, read: (answers: Answers) => number): ValueSpec =>
    gauge(name, help, ['listener'], (emit) => {
      for (const { listener, answers } of source.listeners()) if (answers) emit(read(answers), { listener })
    })
  const open = each((listener) => listener.open)
  return [
    gauge('connections_open', 'Connections open', ['listener'], open),
    count('connections_accepted_total', 'Connections accepted', (l) => l.accepted),
    counter('connections_refused_total', 'Connections refused, by reason', ['listener', 'reason'], (emit) => {
      for (const { listener, refused } of source.listeners()) {
        for (const [reason, times] of Object.entries(refused)) emit(times, { listener, reason })
      }
    }),
    count('received_bytes_total', 'Bytes received from clients', (l) => l.bytesIn),
    count('sent_bytes_total', 'Bytes sent to clients', (l) => l.bytesOut),
    ofAnswers('answers_held_bytes', 'Room taken by large answers being made', (answers) => answers.heldBytes),
    ofAnswers('answers_waiting', 'Requests that wait for room for their answers', (answers) => answers.waiting),
  ]
}
