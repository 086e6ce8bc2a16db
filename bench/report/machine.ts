import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { installed, runToEnd } from '../process/pinned-process.ts'
import { median } from '../statistics.ts'

export interface Machine {
  readonly processor: string
  readonly processors: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly system: string
  /** Kind of the file system that holds the data, and what making 4 KiB durable takes on it. */
  readonly fileSystem: string
  readonly syncMs: number
}

const gibibyte = 1024 ** 3
const freeBytes = 10 * gibibyte
const syncs = 100
const versionMs = 20_000

/** What it runs on. `folder` is where the data is. */
export async function describeMachine(folder: string): Promise<Machine> {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / gibibyte),
    kernel: release(),
    system: systemName(),
    fileSystem: (await runToEnd('stat', ['-f', '-c', '%T', folder], { ms: versionMs })).output.trim(),
    syncMs: timeSync(folder),
  }
}

/** A sentence for each reason why this machine would give figures that mean little. */
export function doubts({ fileSystem }: Machine, folder: string): readonly string[] {
  const { bavail, bsize } = statfsSync(folder)
  const found: string[] = []
  if (fileSystem === 'tmpfs') found.push(`${folder} is in memory: durable writes cost nothing there; use --data FOLDER`)
  if (bavail * bsize < freeBytes) found.push(`less than ${freeBytes / gibibyte} GiB are free in ${folder}`)
  return found
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'
  } catch {
    return 'Linux'
  }
}

/** The median of a number of writes of 4 KiB, each forced to disk, in milliseconds. */
function timeSync(folder: string): number {
  const directory = join(folder, `sync-${process.pid}`)
  mkdirSync(directory)
  const file = openSync(join(directory, 'file'), 'w')
  try {
    const block = Buffer.alloc(4096, 1)
    const times = Array.from({ length: syncs }, (_, i) => {
      const from = performance.now()
      writeSync(file, block, 0, block.length, (i % 8) * block.length)
      fdatasyncSync(file)
      return performance.now() - from
    })
    return median(times)
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true })
  }
}

const versionCommands = {
  'redis-server': ['--version'],
  'redis-benchmark': ['--version'],
  nginx: ['-v'],
  etcd: ['--version'],
  wrk: ['-v'],
} as const

/** The first line each program says about itself. */
export async function versions(): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = { node: process.version }
  for (const [program, args] of Object.entries(versionCommands)) {
    if (!installed(program)) continue
    const { output, errors } = await runToEnd(program, args, { ms: versionMs })
    found[program] = `${output}${errors}`.split('\n')[0]!.trim()
  }
  return found
}
