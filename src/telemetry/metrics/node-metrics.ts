import type { NodeGauges } from '../gauges.ts'
import type { Telemetry } from '../telemetry.ts'
import { counter, gauge, type MetricSpec } from './metric.ts'

export function nodeMetrics(telemetry: Telemetry, node: NodeGauges, version: string): MetricSpec[] {
  return [
    gauge('build_info', 'Always 1; the labels say what runs', ['version', 'node_version'], (emit) => {
      emit(1, { version, node_version: process.versions.node })
    }),
    gauge('ready', '1 while the node takes traffic, else 0', [], (emit) => emit(node.ready ? 1 : 0)),
    gauge('coordination_up', '1 while coordination can be changed, else 0', [], (emit) => {
      emit(node.coordinationOk ? 1 : 0)
    }),
    gauge('coordination_revision', 'Last revision of coordination this node has seen', [], (emit) => {
      emit(node.coordinationRevision)
    }),
    ...loopMetrics(telemetry),
    ...processMetrics(telemetry),
  ]
}

function loopMetrics({ loop }: Telemetry): MetricSpec[] {
  return [
    gauge('event_loop_utilization_ratio', 'Share of the last 10 s the event loop was busy', [], (emit) => {
      emit(loop.read().utilisation)
    }),
    gauge('event_loop_delay_seconds', 'How late the event loop came round in the last 10 to 20 s', ['stat'], (emit) => {
      const { delayP50Ms, delayP99Ms, delayMaxMs } = loop.read()
      emit(delayP50Ms / 1000, { stat: 'p50' })
      emit(delayP99Ms / 1000, { stat: 'p99' })
      emit(delayMaxMs / 1000, { stat: 'max' })
    }),
  ]
}

function processMetrics({ startedAtMs }: Telemetry): MetricSpec[] {
  return [
    gauge('process_start_time_seconds', 'When the node started, Unix time', [], (emit) => emit(startedAtMs / 1000)),
    counter('process_cpu_seconds_total', 'CPU time used', ['mode'], (emit) => {
      const { user, system } = process.cpuUsage()
      emit(user / 1e6, { mode: 'user' })
      emit(system / 1e6, { mode: 'system' })
    }),
    gauge('process_resident_memory_bytes', 'Memory of the process, mapped files included', [], (emit) => {
      emit(process.memoryUsage.rss())
    }),
    gauge('process_heap_bytes', 'JavaScript heap, used and reserved', ['state'], (emit) => {
      const { heapUsed, heapTotal } = process.memoryUsage()
      emit(heapUsed, { state: 'used' })
      emit(heapTotal, { state: 'reserved' })
    }),
    gauge('process_external_memory_bytes', 'Memory of buffers outside the JavaScript heap', [], (emit) => {
      emit(process.memoryUsage().external)
    }),
  ]
}
