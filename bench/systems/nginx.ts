import { mkdirSync } from 'node:fs'
import { nothingCounted } from '../counters/counters.ts'
import { freePort } from '../process/free-port.ts'
import { measuredCpu, PinnedProcess } from '../process/pinned-process.ts'
import { writeConfiguration } from './configuration.ts'
import { runningPeer } from './peer.ts'
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
  return runningPeer(child, {
    name: 'nginx',
    port,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
    counters: async () => nothingCounted,
    startMs,
    everyMs: 50,
  })
}
