import { redisCounters } from '../counters/redis-info.ts'
import { loadResp } from '../data/load-records.ts'
import { freePort } from '../process/free-port.ts'
import { measuredCpu, PinnedProcess, runToEnd } from '../process/pinned-process.ts'
import { writeConfiguration } from './configuration.ts'
import { runningPeer } from './peer.ts'
import type { RunningSystem, System } from './system.ts'

const startMs = 60_000
const askMs = 30_000

export interface RedisSetup {
  readonly name: string
  /** `durable`: every write is in the AOF and on disk before it is answered. `volatile`: no AOF. */
  readonly kind: 'durable' | 'volatile'
  readonly records: number
  readonly valueBytes: number
}

/** redis-server with one of the two configurations. */
export function redis({ name, kind, records, valueBytes }: RedisSetup): System {
  const configuration = `redis-${kind}.conf`
  return {
    name,
    program: 'redis-server',
    configuration,
    data: {
      name: `redis-${kind}-${records}x${valueBytes}`,
      volatile: false,
      records,
      valueBytes,
      load: async (system, source) => {
        await loadResp(system, source)
        // Without an AOF the records survive the stop only in a snapshot, which the configuration turns off.
        if (kind === 'volatile') await ask(system.respPort, 'SAVE')
      },
    },
    start: (folder) => start(configuration, folder),
  }
}

async function start(configuration: string, folder: string): Promise<RunningSystem> {
  const port = await freePort()
  const file = writeConfiguration(configuration, folder, { PORT: String(port), DATA: folder })
  const child = new PinnedProcess({ program: 'redis-server', args: [file], cpu: measuredCpu })
  return runningPeer(child, {
    name: 'redis-server',
    port,
    ready: async () => (await ask(port, 'PING')).trim() === 'PONG',
    counters: async () => redisCounters(await ask(port, 'INFO', 'everything')),
    startMs,
    everyMs: 50,
  })
}

async function ask(port: number, ...command: readonly string[]): Promise<string> {
  const { output, errors, code } = await runToEnd('redis-cli', ['-p', String(port), ...command], { ms: askMs })
  if (code !== 0 || /^(ERR|LOADING|NOAUTH)/.test(output)) throw new Error(`redis-cli: ${output}${errors}`.trim())
  return output
}
