import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs'

/** An open file. Positions and lengths are bytes. Every method throws, or hands to `done`, the system's error. */
export interface DiskFile {
  /** Writes `bytes[start..end)` at `position`, whole. Not durable before a datasync that was begun afterwards ended. */
  write(bytes: Uint8Array, start: number, end: number, position: number): void
  /** The same in the background. */
  writeLater(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void
  /** Reads up to `length` bytes into `target` at `start`; answers how many there were. */
  read(target: Uint8Array, start: number, length: number, position: number): number
  size(): number
  truncate(size: number): void
  /** fdatasync(2) in the background. After an error the file's unsynced content is unknown: do not try again. */
  datasync(done: (error: Error | null) => void): void
  datasyncNow(): void
  close(): void
}

/** The file system as the replicated log needs it, so that a test can lose and tear what was not synced. */
export interface Disk {
  open(path: string, mode: 'create' | 'existing'): DiskFile
  list(directory: string): readonly string[]
  exists(path: string): boolean
  makeDirectory(path: string): void
  rename(from: string, to: string): void
  remove(path: string): void
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): void
}

class SystemFile implements DiskFile {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  write(bytes: Uint8Array, start: number, end: number, position: number): void {
    let from = start
    while (from < end) from += writeSync(this.#fd, bytes, from, end - from, position + from - start)
  }

  writeLater(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void {
    write(this.#fd, bytes, 0, bytes.length, position, (error, written) => {
      if (error !== null || written === bytes.length) done(error)
      else this.writeLater(bytes.subarray(written), position + written, done)
    })
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    let total = 0
    while (total < length) {
      const got = readSync(this.#fd, target, start + total, length - total, position + total)
      if (got === 0) break
      total += got
    }
    return total
  }

  size(): number {
    return fstatSync(this.#fd).size
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size)
  }

  datasync(done: (error: Error | null) => void): void {
    fdatasync(this.#fd, done)
  }

  datasyncNow(): void {
    fdatasyncSync(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

export const systemDisk: Disk = {
  open: (path, mode) => new SystemFile(openSync(path, mode === 'create' ? 'w+' : 'r+')),
  list: (directory) => readdirSync(directory),
  exists: (path) => existsSync(path),
  makeDirectory: (path) => void mkdirSync(path, { recursive: true }),
  rename: (from, to) => renameSync(from, to),
  remove: (path) => unlinkSync(path),
  syncDirectory(path) {
    const fd = openSync(path, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  },
}
