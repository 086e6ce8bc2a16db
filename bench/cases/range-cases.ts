import { httpLoad } from '../load/http-load.ts'
import { scanHundred } from '../load/http-requests.ts'
import type { Scale } from '../scale.ts'
import type { Case } from './case.ts'
import { queryBesideGets } from './query-beside-gets.ts'
import { type SystemsUnderTest, smallBytes } from './systems-under-test.ts'
import { short, throughput } from './throughput.ts'

const pageRecords = 100
/** Fewer than `limits.maxScans`: what a page costs is asked, not how many may wait. */
const clients = 16

/** Work over many records: what sharding costs a scan, and what a query costs everyone else. */
export function rangeCases(systems: SystemsUnderTest, scale: Scale, program: string): readonly Case[] {
  const { records } = scale
  // A page that begins at one of the last records would hold fewer.
  const scan = httpLoad(scanHundred(smallBytes), records - pageRecords, clients)
  return [
    {
      name: 'scan-100',
      title: `ordered scan of ${pageRecords} from anywhere in ${records} records, over 4 shards and over 1`,
      contenders: [
        throughput('four-shards', systems.gatewayShards, scan, short),
        throughput('one-shard', systems.gateway, scan, short),
      ],
      // What one page costs: the inverse of how many a second there are.
      comparisons: [{ name: 'one-shard', figure: 'rate', of: 'one-shard', over: 'four-shards' }],
    },
    {
      name: 'query',
      title: `query with filter and group-by over ${records} records in 4 shards, beside ${scale.besideQueriesPerSecond} GETs a second`,
      contenders: [queryBesideGets('headgate', systems.gatewayShards, program)],
      comparisons: [
        { name: 'growth', figure: 'growthMiB', of: 'headgate' },
        { name: 'get-p99', figure: 'getP99Ms', of: 'headgate' },
        { name: 'seconds', figure: 'querySeconds', of: 'headgate' },
      ],
    },
  ]
}
