import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { backlogEntries, headgateCounters } from '../counters/headgate-counters.ts'
import { loadHeadgate, loadResp } from '../data/load-records.ts'
import { until, within } from '../process/patience.ts'
import { measuredCpu, PinnedProcess } from '../process/pinned-process.ts'
import { writeConfiguration } from './configuration.ts'
import type { RunningSystem, System } from './system.ts'

/** As in the Dockerfile. */
export const nodeFlags = ['--max-semi-space-size=64']

const configuration = 'headgate.yaml'
const startMs = 60_000
const settleMs = 120_000

export interface HeadgateSetup {
  readonly name: string
  /** Built `main.js`. */
  readonly program: string
  readonly engine: 'lmdb' | 'memory'
  readonly shards: number
  readonly records: number
  readonly valueBytes: number
}

/** One gateway process with all roles. */
export function headgate({ name, program, engine, shards, records, valueBytes }: HeadgateSetup): System {
  const volatile = engine === 'memory'
  const load = volatile ? loadResp : loadHeadgate
  return {
    name,
    program: process.execPath,
    configuration,
    data: { name: `headgate-${engine}-${shards}x${records}x${valueBytes}`, volatile, records, valueBytes, load },
    start: (folder) => start(resolve(program), folder, { ENGINE: engine, SHARDS: String(shards) }),
  }
}

interface StartedEvent {
  readonly event: 'started'
  readonly http: { readonly port: number }
  readonly resp: { readonly port: number }
  readonly admin: { readonly port: number }
}

async function start(
  program: string,
  folder: string,
  values: Readonly<Record<string, string>>,
): Promise<RunningSystem> {
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const file = writeConfiguration(configuration, folder, { ...values, DATA: data })
  let started = (_event: StartedEvent): void => undefined
  const event = new Promise<StartedEvent>((resolve) => {
    started = resolve
  })
  const child = new PinnedProcess({
    program: process.execPath,
    args: [...nodeFlags, program, 'run', '-c', file, '--json'],
    cpu: measuredCpu,
    folder,
    onLine: (line) => {
      if (line.startsWith('{"event":"started"')) started(JSON.parse(line) as StartedEvent)
    },
  })
  try {
    const { http, resp, admin } = await within(startMs, 'headgate starts', child.outlives(event))
    const page = (): Promise<string> => pageOf(admin.port)
    return {
      pid: child.pid,
      port: http.port,
      respPort: resp.port,
      counters: async () => headgateCounters(await page()),
      settle: () =>
        until(async () => backlogEntries(await page()) === 0, 'the engine takes what the log holds', {
          ms: settleMs,
          everyMs: 200,
        }),
      stop: () => child.stop(),
      kill: () => child.kill(),
    }
  } catch (error) {
    await child.stop()
    throw error
  }
}

async function pageOf(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(30_000) })
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
  return response.text()
}
