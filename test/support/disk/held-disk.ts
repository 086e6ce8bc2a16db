import type { Disk, DiskFile } from '../../../src/runtime/disk.ts'

/**
 * A disk that notes every write and datasync, and whose datasyncs in the background end when the test says so; only those
 * of files that are being prepared in the background too end by themselves.
 */
export class HeldDisk implements Disk {
  /** `write FILE`, `sync FILE` (begun) and `synced FILE`, in order. */
  readonly events: string[] = []
  readonly #disk: Disk
  #begun: { readonly path: string; end(error: Error | null): void }[] = []

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Datasyncs that have begun and not ended. */
  get syncing(): number {
    return this.#begun.length
  }

  /** Lets the oldest datasync end. */
  release(error: Error | null = null): void {
    const sync = this.#begun.shift()
    if (sync === undefined) throw new Error('no datasync is under way')
    sync.end(error)
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    return new HeldFile(this, path, this.#disk.open(path, mode))
  }

  list(directory: string): readonly string[] {
    return this.#disk.list(directory)
  }

  exists(path: string): boolean {
    return this.#disk.exists(path)
  }

  makeDirectory(path: string): void {
    this.#disk.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#disk.rename(from, to)
  }

  remove(path: string): void {
    this.#disk.remove(path)
  }

  syncDirectory(path: string): void {
    this.#disk.syncDirectory(path)
  }

  /** For the files only. */
  hold(path: string, file: DiskFile, done: (error: Error | null) => void): void {
    this.events.push(`sync ${path}`)
    const end = (error: Error | null): void => {
      if (error === null) {
        file.datasyncNow()
        this.events.push(`synced ${path}`)
      }
      done(error)
    }
    this.#begun.push({ path, end })
  }
}

class HeldFile implements DiskFile {
  readonly #disk: HeldDisk
  readonly #path: string
  readonly #file: DiskFile
  #written = false

  constructor(disk: HeldDisk, path: string, file: DiskFile) {
    this.#disk = disk
    this.#path = path
    this.#file = file
  }

  write(bytes: Uint8Array, start: number, end: number, position: number): void {
    this.#written = true
    this.#disk.events.push(`write ${this.#path}`)
    this.#file.write(bytes, start, end, position)
  }

  writeLater(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void {
    this.#file.writeLater(bytes, position, done)
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    return this.#file.read(target, start, length, position)
  }

  size(): number {
    return this.#file.size()
  }

  truncate(size: number): void {
    this.#file.truncate(size)
  }

  datasync(done: (error: Error | null) => void): void {
    if (this.#written) this.#disk.hold(this.#path, this.#file, done)
    else this.#file.datasync(done)
  }

  datasyncNow(): void {
    this.#file.datasyncNow()
  }

  close(): void {
    this.#file.close()
  }
}
