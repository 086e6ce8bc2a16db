import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runToEnd } from '../process/pinned-process.ts'
import type { System } from '../systems/system.ts'
import { jsonRecords } from './records.ts'

const copyMs = 300_000
/** Says that a store was loaded to the end. */
const completeMark = 'complete'

/**
 * The folders of the measured systems. A store is loaded once; a case that only reads works on it as it is, a case that
 * writes gets a fresh copy every time, so that every round begins with the same files.
 */
export class DataFolders {
  readonly root: string
  private readonly kept: boolean
  private readonly open = new Set<string>()
  private runs = 0

  /** `kept`: a folder that stays; without one everything goes with `remove`. */
  constructor(kept: string | undefined) {
    this.kept = kept !== undefined
    this.root = kept === undefined ? mkdtempSync(join(tmpdir(), 'headgate-bench-')) : resolve(kept)
    mkdirSync(this.root, { recursive: true })
  }

  /** Loads the store of a system unless that was done. Resolves to the seconds it took, undefined for nothing to do. */
  async prepare(system: System): Promise<number | undefined> {
    const { data } = system
    if (data === undefined || data.volatile) return undefined
    const folder = this.base(data.name)
    if (existsSync(join(folder, completeMark))) return undefined
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const startedAt = performance.now()
    const running = await system.start(folder)
    try {
      await data.load(running, jsonRecords(data.records, data.valueBytes))
      await running.settle()
    } finally {
      await running.stop()
    }
    writeFileSync(join(folder, completeMark), '')
    return (performance.now() - startedAt) / 1000
  }

  /** A folder for one round of a prepared system. `release` it afterwards. */
  async take(system: System, writes: boolean): Promise<{ readonly folder: string; release(): void }> {
    const { data } = system
    const base = data === undefined || data.volatile ? undefined : this.base(data.name)
    if (base !== undefined && !writes) return { folder: base, release: () => undefined }
    const folder = join(this.root, `round-${process.pid}-${++this.runs}`)
    this.open.add(folder)
    if (base === undefined) mkdirSync(folder, { recursive: true })
    else await run('cp', ['-a', '--sparse=auto', '--reflink=auto', base, folder])
    // What is still to be written would compete with the syncs that are measured.
    await this.sync()
    return { folder, release: () => this.drop(folder) }
  }

  async sync(): Promise<void> {
    await run('sync', ['-f', this.root])
  }

  /** Deletes what is not to be kept. */
  remove(): void {
    for (const folder of this.open) this.drop(folder)
    if (!this.kept) rmSync(this.root, { recursive: true, force: true })
  }

  private drop(folder: string): void {
    rmSync(folder, { recursive: true, force: true })
    this.open.delete(folder)
  }

  private base(name: string): string {
    return join(this.root, name)
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code, errors } = await runToEnd(program, args, { ms: copyMs })
  if (code !== 0) throw new Error(`${program} failed: ${errors}`)
}
