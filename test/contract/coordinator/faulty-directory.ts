import type { JournalDirectory, JournalFile } from '../../../src/cluster/coordination/journal-file.ts'

/** What a disk holds: names to file contents. */
export type DiskImage = ReadonlyMap<string, Uint8Array>

/**
 * A directory in memory that knows which bytes and names were synced. `images` keeps what a power cut after each step
 * would leave behind; `failing` makes every change fail.
 */
export class FaultyDirectory implements JournalDirectory {
  /** After each call: the state of the disk, with everything unsynced lost. */
  readonly images: { readonly after: string; readonly image: DiskImage }[] = []
  failing = false
  /** As the process sees it. */
  private readonly files = new Map<string, Uint8Array>()
  /** As a power cut leaves it. */
  private durable: Map<string, Uint8Array>

  constructor(image: DiskImage = new Map()) {
    this.durable = new Map(image)
    for (const [name, bytes] of image) this.files.set(name, bytes)
  }

  async open(): Promise<readonly string[]> {
    return [...this.files.keys()]
  }

  async read(name: string): Promise<Uint8Array> {
    return Uint8Array.from(this.expect(name))
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.refuseIfFailing()
    this.files.set(name, Uint8Array.from(bytes))
    if (this.durable.has(name)) this.durable.set(name, Uint8Array.from(bytes))
    this.note(`write ${name}`)
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.expect(from))
    this.files.delete(from)
    this.note(`rename ${from}`)
  }

  async remove(name: string): Promise<void> {
    this.expect(name)
    this.files.delete(name)
    this.note(`remove ${name}`)
  }

  async sync(): Promise<void> {
    this.durable = new Map(this.files)
    this.note('sync')
  }

  async append(name: string, length: number): Promise<JournalFile> {
    this.set(name, this.expect(name).slice(0, length))
    return {
      append: async (bytes) => {
        this.refuseIfFailing()
        this.set(name, Buffer.concat([this.expect(name), bytes]))
        this.note(`append ${name}`)
      },
      close: async () => undefined,
    }
  }

  /** What a power cut now would leave. */
  get image(): DiskImage {
    return new Map(this.durable)
  }

  private refuseIfFailing(): void {
    if (this.failing) throw new Error('EIO: planted')
  }

  private set(name: string, bytes: Uint8Array): void {
    this.files.set(name, bytes)
    if (this.durable.has(name)) this.durable.set(name, bytes)
  }

  private expect(name: string): Uint8Array {
    const bytes = this.files.get(name)
    if (bytes === undefined) throw new Error(`ENOENT: ${name}`)
    return bytes
  }

  private note(after: string): void {
    this.images.push({ after, image: this.image })
  }
}
