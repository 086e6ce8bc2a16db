import { CoordinatorError } from './coordinator.ts'
import type { Entry } from './entry.ts'
import { decodeEntry, decodeSnapshot, encodeEntry, encodeSnapshot } from './entry-codec.ts'
import { decodeFrames, encodeFrame, type Frames } from './frame.ts'
import { History, type HistorySettings } from './history.ts'
import type { JournalDirectory, JournalFile } from './journal-file.ts'
import { KeySpace } from './key-space.ts'

export interface JournalSettings extends HistorySettings {
  /** A journal longer than this is replaced by a snapshot and an empty one. */
  readonly journalBytes: number
}

/** What opening found. */
export interface Recovery {
  readonly space: KeySpace
  /** Bytes of a torn last write that were cut off; it had not been acknowledged. */
  readonly tornBytes: number
}

/**
 * One generation is `snapshot-<n>` and the `journal-<n>` of what came after it. The next journal is on disk before the
 * next snapshot takes its name, and the old generation goes last, so that at every moment one whole generation exists.
 */
export class Journal {
  private readonly directory: JournalDirectory
  private readonly settings: JournalSettings
  private generation = 0
  private file: JournalFile | undefined
  private sequence = 0
  private bytes = 0
  private broken = false

  constructor(directory: JournalDirectory, settings: JournalSettings) {
    this.directory = directory
    this.settings = settings
  }

  /** @throws CoordinatorError `corrupt` rather than come up with less than was acknowledged. */
  async open(): Promise<Recovery> {
    const names = await this.directory.open()
    const generations = names.flatMap((name) => generationOf(name, 'snapshot') ?? [])
    if (generations.length === 0) {
      await this.refuseOrphans(names)
      const space = new KeySpace(new History(this.settings, 1))
      await this.begin(1, space)
      return { space, tornBytes: 0 }
    }
    this.generation = Math.max(...generations)
    if (!names.includes(`journal-${this.generation}`)) throw corrupt(`journal-${this.generation} is missing`)
    const recovery = await this.recover()
    for (const name of names) if (this.isLeftover(name)) await this.directory.remove(name)
    return recovery
  }

  /** The entry is on disk when it resolves. After a failure the disk's state is unknown and nothing is written again. */
  async append(entry: Entry): Promise<void> {
    if (this.broken || this.file === undefined) throw this.refusal()
    const frame = encodeFrame(this.sequence, encodeEntry(entry))
    try {
      await this.file.append(frame)
    } catch (error) {
      this.broken = true
      throw new CoordinatorError('unavailable', `the coordination journal cannot be written: ${text(error)}`, 'unknown')
    }
    this.sequence++
    this.bytes += frame.length
  }

  /** Starts a new generation if the journal has grown long. Called between appends. */
  async compact(space: KeySpace): Promise<void> {
    if (this.bytes <= this.settings.journalBytes || this.broken) return
    const previous = this.generation
    const file = this.file
    try {
      await this.begin(previous + 1, space)
      await file?.close()
      await this.directory.remove(`snapshot-${previous}`)
      await this.directory.remove(`journal-${previous}`)
    } catch (error) {
      this.broken = true
      throw new CoordinatorError('unavailable', `the coordination snapshot cannot be written: ${text(error)}`)
    }
  }

  async close(): Promise<void> {
    const file = this.file
    this.file = undefined
    await file?.close()
  }

  /** A file of another generation, or a snapshot that was never finished. Whatever else lies there is not ours. */
  private isLeftover(name: string): boolean {
    const generation = generationOf(name.replace(/\.tmp$/, ''), 'snapshot') ?? generationOf(name, 'journal')
    return generation !== undefined && (generation !== this.generation || name.endsWith('.tmp'))
  }

  private async begin(generation: number, space: KeySpace): Promise<void> {
    const journal = `journal-${generation}`
    const snapshot = `snapshot-${generation}`
    const header = encodeFrame(0, headerOf(generation))
    await this.directory.write(journal, header)
    await this.directory.write(`${snapshot}.tmp`, encodeFrame(0, encodeSnapshot(space)))
    await this.directory.sync()
    await this.directory.rename(`${snapshot}.tmp`, snapshot)
    await this.directory.sync()
    this.file = await this.directory.append(journal, header.length)
    this.generation = generation
    this.sequence = 1
    this.bytes = header.length
  }

  private async recover(): Promise<Recovery> {
    const snapshot = decodeFrames(await this.directory.read(`snapshot-${this.generation}`))
    const first = snapshot.payloads[0]
    if (first === undefined || snapshot.damaged) throw corrupt(`snapshot-${this.generation} fails its checksum`)
    const space = readable(() => decodeSnapshot(first, this.settings))
    const name = `journal-${this.generation}`
    const file = await this.directory.read(name)
    const frames = decodeFrames(file)
    this.check(frames)
    for (const payload of frames.payloads.slice(1)) readable(() => space.apply(decodeEntry(payload)))
    this.file = await this.directory.append(name, frames.length)
    this.sequence = frames.payloads.length
    this.bytes = frames.length
    return { space, tornBytes: file.length - frames.length }
  }

  /** A first start that was cut short leaves `journal-1` with its header at most; anything else has lost its snapshot. */
  private async refuseOrphans(names: readonly string[]): Promise<void> {
    for (const name of names.filter((candidate) => generationOf(candidate, 'journal') !== undefined)) {
      const { payloads, damaged } = decodeFrames(await this.directory.read(name))
      if (name !== 'journal-1' || payloads.length > 1 || damaged) throw corrupt(`the snapshot of ${name} is missing`)
    }
  }

  private check(frames: Frames): void {
    const name = `journal-${this.generation}`
    if (frames.damaged) throw corrupt(`${name} is damaged before its end`)
    if (frames.payloads[0]?.equals(headerOf(this.generation)) !== true)
      throw corrupt(`${name} does not begin as it should`)
  }

  private refusal(): CoordinatorError {
    return this.broken
      ? new CoordinatorError('unavailable', 'the coordination journal failed earlier; restart the node')
      : new CoordinatorError('closed', 'the coordinator is closed')
  }
}

function headerOf(generation: number): Buffer {
  return Buffer.from(`headgate coordination journal, format 1, generation ${generation}`)
}

function generationOf(name: string, kind: 'snapshot' | 'journal'): number | undefined {
  const match = /^(snapshot|journal)-([1-9][0-9]{0,14})$/.exec(name)
  return match?.[1] === kind ? Number(match[2]) : undefined
}

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw corrupt(text(error))
  }
}

function corrupt(what: string): CoordinatorError {
  return new CoordinatorError('corrupt', `the coordination data cannot be trusted: ${what}`)
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
