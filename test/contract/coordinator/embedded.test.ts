import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultJournalSettings,
  type EmbeddedCoordinator,
  openEmbeddedCoordinator,
} from '../../../src/cluster/coordination/embedded-coordinator.ts'
import { type JournalDirectory, journalDirectory } from '../../../src/cluster/coordination/journal-file.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { FaultyDirectory } from './faulty-directory.ts'
import { coordinatorSuite, type Harness } from './suite.ts'

class EmbeddedHarness implements Harness {
  readonly ttlMs = 3000
  readonly modelRuns = 40
  private runtime = new VirtualRuntime()
  private opened: EmbeddedCoordinator | undefined
  private readonly directory: JournalDirectory
  private readonly onDispose: () => Promise<void>
  private lives = 0

  constructor(directory: JournalDirectory, onDispose: () => Promise<void>) {
    this.directory = directory
    this.onDispose = onDispose
  }

  get coordinator(): EmbeddedCoordinator {
    return this.opened!
  }

  /** A small journal, so that the suite passes through many generations; a new runtime, as in a new process. */
  async open(): Promise<this> {
    this.runtime = new VirtualRuntime(++this.lives)
    this.opened = await openEmbeddedCoordinator(this.directory, this.runtime, {
      ...defaultJournalSettings,
      journalBytes: 4096,
    })
    return this
  }

  async elapse(ms: number): Promise<void> {
    this.runtime.advance(ms)
  }

  async compact(revision: number): Promise<void> {
    await this.coordinator.compact(revision)
  }

  async restart(): Promise<void> {
    await this.coordinator.close()
    await this.open()
  }

  async dispose(): Promise<void> {
    await this.coordinator.close()
    await this.onDispose()
  }
}

coordinatorSuite('embedded, on the file system', async () => {
  const path = await mkdtemp(join(tmpdir(), 'headgate-coordination-'))
  const remove = () => rm(path, { recursive: true })
  return await new EmbeddedHarness(journalDirectory(join(path, 'coordination')), remove).open()
})

coordinatorSuite('embedded, on a disk that keeps only what was synced', async () => {
  return await new EmbeddedHarness(new FaultyDirectory(), async () => undefined).open()
})
