import { evenRanges } from '../../src/cluster/coordination/cluster-records.ts'
import type { GetBody } from '../../src/operation/body.ts'
import type { Plan } from '../../src/routing/plan.ts'
import { routeBody } from '../../src/routing/route.ts'
import { Topology } from '../../src/routing/topology.ts'
import { keyOf } from '../data/records.ts'
import type { Micro } from './micro.ts'

const keys = 1024

/** From the bytes of a key to the plan that says where its shard is. */
export function routing(): Micro {
  const topology = new Topology(
    evenRanges(4).map((range, i) => ({
      id: i + 1,
      epoch: 1,
      history: 1,
      leader: 'n1',
      readers: [],
      ranges: [range],
    })),
  )
  const bodies = Array.from(
    { length: keys },
    (_, i): GetBody => ({ kind: 'get', key: Buffer.from(keyOf(i * 977)), projection: 'value' }),
  )
  return {
    name: 'routing',
    unit: 'key of 16 B over 4 shards',
    run: (times) => {
      let shards = 0
      for (let i = 0; i < times; i++) {
        const plan = routeBody(bodies[i % keys]!, false, topology, { splittable: false }) as Plan
        shards += plan.steps[0]!.target.shard
      }
      return shards
    },
  }
}
