import { join } from 'node:path'
import { nothingCounted } from '../counters/counters.ts'
import { freePort } from '../process/free-port.ts'
import { measuredCpu, PinnedProcess } from '../process/pinned-process.ts'
import { configurationFolder } from './configuration.ts'
import { runningPeer } from './peer.ts'
import type { RunningSystem, System } from './system.ts'

const configuration = 'bare-node.mjs'
const startMs = 15_000

/** A server on `node:net` that answers every request with the same 128 bytes: no gateway in Node can do more. */
export const bareNode: System = {
  name: 'bare node:net',
  program: process.execPath,
  configuration,
  data: undefined,
  start,
}

async function start(): Promise<RunningSystem> {
  const port = await freePort()
  const args = ['--max-semi-space-size=64', join(configurationFolder, configuration), String(port)]
  const child = new PinnedProcess({ program: process.execPath, args, cpu: measuredCpu })
  return runningPeer(child, {
    name: 'bare node:net',
    port,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
    counters: async () => nothingCounted,
    startMs,
    everyMs: 50,
  })
}
