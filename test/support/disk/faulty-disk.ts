import type { Disk, DiskFile } from '../../../src/runtime/disk.ts'
import type { Random } from '../../../src/runtime/random.ts'

interface Write {
  readonly position: number
  readonly bytes: Buffer
}

/** A file as the platters have it, and the writes that only the page cache has. */
interface Inode {
  durable: Buffer
  unsynced: (Write | { readonly truncateTo: number })[]
}

const sectorBytes = 512

function overlay(base: Buffer, write: Write): Buffer {
  const end = write.position + write.bytes.length
  const next = end > base.length ? Buffer.concat([base, Buffer.alloc(end - base.length)]) : Buffer.from(base)
  write.bytes.copy(next, write.position)
  return next
}

function resized(base: Buffer, size: number): Buffer {
  return size <= base.length
    ? Buffer.from(base.subarray(0, size))
    : Buffer.concat([base, Buffer.alloc(size - base.length)])
}

/**
 * A disk in memory that keeps apart what was synced. `crash` makes a power cut: of everything unsynced, each write is
 * kept, lost, or torn at sectors, and each directory change is kept or lost, by the dice of `random`. Writes into one
 * sector go to disk together, as the page cache hands it over: none is there without those before it.
 */
export class FaultyDisk implements Disk {
  #names = new Map<string, Inode>()
  /** Names as of the last sync of their directory. */
  #durableNames = new Map<string, Inode>()
  readonly #random: Random
  /** The next datasync fails with EIO. */
  failNextSync = false
  syncs = 0
  /** Crashes so far; files opened before the last are dead. */
  generation = 0

  constructor(random: Random) {
    this.#random = random
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    let inode = this.#names.get(path)
    if (inode === undefined) {
      if (mode === 'existing') throw new Error(`ENOENT: ${path}`)
      inode = { durable: Buffer.alloc(0), unsynced: [] }
      this.#names.set(path, inode)
    } else if (mode === 'create') {
      inode.unsynced.push({ truncateTo: 0 })
    }
    return new FaultyFile(inode, this, this.generation)
  }

  list(directory: string): readonly string[] {
    const prefix = `${directory}/`
    return [...this.#names.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length))
  }

  exists(path: string): boolean {
    return this.#names.has(path)
  }

  makeDirectory(): void {}

  rename(from: string, to: string): void {
    const inode = this.#names.get(from)
    if (inode === undefined) throw new Error(`ENOENT: ${from}`)
    this.#names.delete(from)
    this.#names.set(to, inode)
  }

  remove(path: string): void {
    this.#names.delete(path)
  }

  syncDirectory(): void {
    this.#durableNames = new Map(this.#names)
  }

  /** The disk as one run of a process sees it: after the next crash nothing it does has any effect. */
  mount(): Disk {
    const { generation } = this
    const alive = (): boolean => generation === this.generation
    const nowhere: DiskFile = new FaultyFile({ durable: Buffer.alloc(0), unsynced: [] }, this, -1)
    return {
      open: (path, mode) => (alive() ? this.open(path, mode) : nowhere),
      list: (directory) => this.list(directory),
      exists: (path) => this.exists(path),
      makeDirectory: () => this.makeDirectory(),
      rename: (from, to) => alive() && this.rename(from, to),
      remove: (path) => alive() && this.remove(path),
      syncDirectory: () => alive() && this.syncDirectory(),
    }
  }

  /** The process dies and the system lives on: nothing written is lost. Files opened before are dead afterwards. */
  kill(): void {
    this.generation += 1
  }

  /** A power cut. Files opened before are dead afterwards. */
  crash(): void {
    this.generation += 1
    this.#names = this.#survivingNames()
    this.#durableNames = new Map(this.#names)
    for (const inode of new Set(this.#names.values())) this.#settle(inode)
  }

  #survivingNames(): Map<string, Inode> {
    const inodes = new Set([...this.#names.values(), ...this.#durableNames.values()])
    const names = new Map<string, Inode>()
    for (const inode of inodes) {
      const before = [...this.#durableNames].find(([, each]) => each === inode)?.[0]
      const after = [...this.#names].find(([, each]) => each === inode)?.[0]
      const name = before === after || this.#random.integer(2) === 0 ? after : before
      if (name !== undefined && !names.has(name)) names.set(name, inode)
    }
    return names
  }

  #settle(inode: Inode): void {
    const parts = inode.unsynced.map((change) => ('truncateTo' in change ? [] : sectorsOf(change)))
    /** Of each sector, which change is the last that reached the disk: it took with it all that came before. */
    const last = new Map<number, number>()
    const kept = inode.unsynced.map((_, place) => {
      const fate = this.#random.integer(3)
      if (fate === 0) return false
      for (const { position } of parts[place]!) {
        if (fate === 1 || this.#random.integer(2) === 0) last.set(sectorOf(position), place)
      }
      return true
    })
    for (const [place, change] of inode.unsynced.entries()) {
      if ('truncateTo' in change) {
        if (kept[place] === true) inode.durable = resized(inode.durable, change.truncateTo)
        continue
      }
      for (const part of parts[place]!) {
        if (place <= (last.get(sectorOf(part.position)) ?? -1)) inode.durable = overlay(inode.durable, part)
      }
    }
    inode.unsynced = []
  }
}

const sectorOf = (position: number): number => Math.floor(position / sectorBytes)

/** A write in parts that each lie in one sector. */
function sectorsOf({ position, bytes }: Write): Write[] {
  const parts: Write[] = []
  for (let at = 0; at < bytes.length; at += parts.at(-1)!.bytes.length) {
    const length = sectorBytes - ((position + at) % sectorBytes)
    parts.push({ position: position + at, bytes: bytes.subarray(at, at + length) })
  }
  return parts
}

class FaultyFile implements DiskFile {
  readonly #inode: Inode
  readonly #disk: FaultyDisk
  readonly #generation: number

  constructor(inode: Inode, disk: FaultyDisk, generation: number) {
    this.#inode = inode
    this.#disk = disk
    this.#generation = generation
  }

  get #dead(): boolean {
    return this.#generation !== this.#disk.generation
  }

  write(bytes: Uint8Array, start: number, end: number, position: number): void {
    if (!this.#dead) this.#inode.unsynced.push({ position, bytes: Buffer.from(bytes.subarray(start, end)) })
  }

  writeLater(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void {
    this.write(bytes, 0, bytes.length, position)
    setImmediate(() => {
      if (!this.#dead) done(null)
    })
  }

  read(target: Uint8Array, start: number, length: number, position: number): number {
    const content = this.#content()
    const part = content.subarray(position, position + length)
    target.set(part, start)
    return part.length
  }

  size(): number {
    return this.#content().length
  }

  truncate(size: number): void {
    if (!this.#dead) this.#inode.unsynced.push({ truncateTo: size })
  }

  datasync(done: (error: Error | null) => void): void {
    setImmediate(() => {
      if (this.#dead) return
      try {
        this.datasyncNow()
        done(null)
      } catch (error) {
        done(error as Error)
      }
    })
  }

  datasyncNow(): void {
    if (this.#disk.failNextSync) {
      this.#disk.failNextSync = false
      throw new Error('EIO: i/o error, fdatasync')
    }
    this.#disk.syncs += 1
    this.#inode.durable = this.#content()
    this.#inode.unsynced = []
  }

  close(): void {}

  #content(): Buffer {
    return this.#inode.unsynced.reduce(
      (content, change) => ('truncateTo' in change ? resized(content, change.truncateTo) : overlay(content, change)),
      this.#inode.durable,
    )
  }
}
