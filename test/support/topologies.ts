import { evenRanges } from '../../src/cluster/coordination/cluster-records.ts'
import { Topology } from '../../src/routing/topology.ts'

/** `count` shards of equal size, numbered from 1, all led and read by node `n1`. */
export function topologyOf(count: number): Topology {
  return new Topology(
    evenRanges(count).map((range, i) => ({
      id: i + 1,
      epoch: 1,
      history: 1,
      leader: 'n1',
      readers: ['n1'],
      ranges: [range],
    })),
  )
}
