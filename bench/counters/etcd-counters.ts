import type { Counters } from './counters.ts'
import { parsePrometheus, sumOf } from './prometheus-text.ts'

const walBytes = 'etcd_disk_wal_write_bytes_total'

/** etcd's counts of the calls that its JSON gateway makes: https://etcd.io/docs/v3.4/metrics/ */
export function etcdCounters(page: string): Counters {
  const samples = parsePrometheus(page)
  const calls = 'grpc_server_handled_total'
  return {
    good: sumOf(samples, calls, (l) => l['grpc_code'] === 'OK' && /^(Range|Put)$/.test(l['grpc_method'] ?? '')),
    // A generator that ends breaks off what is under way, which etcd counts as failed. The generator counts statuses.
    bad: {},
    givenUp: undefined,
    replyBytes: undefined,
    // Written to its log, which it syncs before it answers. Old versions do not count it.
    durableBytes: samples.some(({ name }) => name === walBytes) ? sumOf(samples, walBytes) : undefined,
  }
}
