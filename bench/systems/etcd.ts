import { etcdCounters } from '../counters/etcd-counters.ts'
import { loadEtcd } from '../data/load-records.ts'
import { freePort } from '../process/free-port.ts'
import { measuredCpu, PinnedProcess } from '../process/pinned-process.ts'
import { writeConfiguration } from './configuration.ts'
import { runningPeer } from './peer.ts'
import type { RunningSystem, System } from './system.ts'

const configuration = 'etcd.yaml'
const startMs = 60_000

/** One etcd member, asked through its JSON gateway. */
export function etcd(name: string, records: number, valueBytes: number): System {
  return {
    name,
    program: 'etcd',
    configuration,
    data: { name: `etcd-${records}x${valueBytes}`, volatile: false, records, valueBytes, load: loadEtcd },
    start,
  }
}

async function start(folder: string): Promise<RunningSystem> {
  const [port, peerPort] = [await freePort(), await freePort()]
  const values = { PORT: String(port), PEER_PORT: String(peerPort), DATA: folder }
  const file = writeConfiguration(configuration, folder, values)
  const child = new PinnedProcess({ program: 'etcd', args: ['--config-file', file], cpu: measuredCpu })
  const page = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(30_000) })
    if (!response.ok) throw new Error(`etcd's ${path} answered ${response.status}`)
    return response.text()
  }
  return runningPeer(child, {
    name: 'etcd',
    port,
    ready: async () => (await page('/health')).includes('"true"'),
    counters: async () => etcdCounters(await page('/metrics')),
    startMs,
    everyMs: 100,
  })
}
