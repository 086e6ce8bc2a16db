import type { Counters } from './counters.ts'
import { parsePrometheus, sumOf } from './prometheus-text.ts'

/** etcd's counts of the calls that its JSON gateway makes: https://etcd.io/docs/v3.4/metrics/ */
export function etcdCounters(page: string): Counters {
  const samples = parsePrometheus(page)
  const calls = 'grpc_server_handled_total'
  return {
    good: sumOf(samples, calls, (l) => l['grpc_code'] === 'OK' && /^(Range|Put)$/.test(l['grpc_method'] ?? '')),
    // A generator that ends cancels the calls that are under way.
    bad: { 'calls that failed': sumOf(samples, calls, (l) => !/^(OK|Canceled)$/.test(l['grpc_code'] ?? '')) },
    replyBytes: undefined,
    durableBytes: undefined,
  }
}
