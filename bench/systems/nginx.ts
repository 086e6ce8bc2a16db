import { mkdirSync } from 'node:fs'
import { nothingCounted } from '../counters/counters.ts'
import { freePort } from '../process/free-port.ts'
import { until } from '../process/patience.ts'
import { measuredCpu, PinnedProcess } from '../process/pinned-process.ts'
import { writeConfiguration } from './configuration.ts'
import type { RunningSystem, System } from './system.ts'

const startMs = 15_000

/** nginx that answers every request with the same bytes: what HTTP costs when there is nothing to look up. */
export function nginx(name: string, valueBytes: 128 | 4096): System {
  const configuration = `nginx-${valueBytes}.conf`
  return {
    name,
    program: 'nginx',
    configuration,
    data: undefined,
    start: (folder) => start(configuration, folder),
  }
}

async function start(configuration: string, folder: string): Promise<RunningSystem> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const values = { PORT: String(port), FOLDER: folder, VALUE: 'x'.repeat(128), PART: 'x'.repeat(512) }
  const file = writeConfiguration(configuration, folder, values)
  const child = new PinnedProcess({ program: 'nginx', args: ['-p', folder, '-c', file], cpu: measuredCpu })
  try {
    const ready = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/`)).ok
    await child.outlives(until(ready, 'nginx starts', { ms: startMs, everyMs: 50 }))
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    pid: child.pid,
    port,
    respPort: port,
    counters: async () => nothingCounted,
    settle: async () => undefined,
    stop: () => child.stop(),
    kill: () => child.kill(),
  }
}
