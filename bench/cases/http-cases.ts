import { httpLoad } from '../load/http-load.ts'
import { etcdPut, etcdRange, getRecord, putRecord } from '../load/http-requests.ts'
import { respLoad } from '../load/resp-load.ts'
import type { Scale } from '../scale.ts'
import type { Case } from './case.ts'
import { largeBytes, type SystemsUnderTest, smallBytes } from './systems-under-test.ts'
import { burst, overWhenFull, short, sustained, throughput } from './throughput.ts'

export function httpCases(systems: SystemsUnderTest, scale: Scale): readonly Case[] {
  return [...gets(systems, scale), ...puts(systems, scale)]
}

const overAll = (...names: readonly string[]) =>
  names.map((over) => ({ name: over, figure: 'rate', of: 'headgate', over }))

function gets(systems: SystemsUnderTest, { records, largeRecords }: Scale): readonly Case[] {
  const [get, getLarge] = [httpLoad(getRecord(smallBytes), records), httpLoad(getRecord(largeBytes), largeRecords)]
  return [
    {
      name: 'http-get-128',
      title: `HTTP GET of 128 B, uniform over ${records} records`,
      contenders: [
        throughput('headgate', systems.gateway, get, short),
        throughput('nginx', systems.nginxSmall, get, short),
        throughput('etcd', systems.etcdSmall, httpLoad(etcdRange(smallBytes), records), short),
        throughput('bare-node', systems.bareNode, get, short),
      ],
      comparisons: [
        ...overAll('nginx', 'etcd', 'bare-node'),
        { name: 'bare-node-over-etcd', figure: 'rate', of: 'bare-node', over: 'etcd' },
      ],
    },
    {
      name: 'http-get-4096',
      title: `HTTP GET of 4 KiB, uniform over ${largeRecords} records`,
      contenders: [
        throughput('headgate', systems.gatewayLarge, getLarge, short),
        throughput('nginx', systems.nginxLarge, getLarge, short),
        throughput('etcd', systems.etcdLarge, httpLoad(etcdRange(largeBytes), largeRecords), short),
      ],
      comparisons: overAll('nginx', 'etcd'),
    },
  ]
}

function puts(systems: SystemsUnderTest, { records, largeRecords, shortSeconds, sustainedSeconds }: Scale) {
  const put = httpLoad(putRecord(smallBytes), records)
  const set = respLoad({ command: 'set', pipeline: 1, valueBytes: smallBytes, keys: records, durable: true })
  const setLarge = respLoad({ command: 'set', pipeline: 1, valueBytes: largeBytes, keys: largeRecords, durable: true })
  return [
    {
      name: 'http-put-128',
      title: `durable HTTP PUT of 128 B over ${records} records, for ${shortSeconds} s`,
      contenders: [
        throughput('headgate', systems.gateway, put, burst),
        throughput('redis', systems.redisDurable, set, burst),
        throughput('etcd', systems.etcdSmall, httpLoad(etcdPut(smallBytes), records), burst),
      ],
      comparisons: overAll('redis', 'etcd'),
    },
    {
      name: 'http-put-128-sustained',
      title: `durable HTTP PUT of 128 B over ${records} records, for ${sustainedSeconds} s`,
      contenders: [
        throughput('headgate', systems.gateway, put, sustained),
        throughput('redis', systems.redisDurable, set, sustained),
      ],
      comparisons: overWhenFull('redis'),
    },
    {
      name: 'http-put-4096',
      title: `durable HTTP PUT of 4 KiB over ${largeRecords} records, for ${shortSeconds} s`,
      contenders: [
        throughput('headgate', systems.gatewayLarge, httpLoad(putRecord(largeBytes), largeRecords), burst),
        throughput('redis', systems.redisLarge, setLarge, burst),
        throughput('etcd', systems.etcdLarge, httpLoad(etcdPut(largeBytes), largeRecords), burst),
      ],
      comparisons: overAll('redis', 'etcd'),
    },
  ]
}
