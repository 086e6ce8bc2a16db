import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * The file of an LMDB environment, as far as it must be right before LMDB maps it: what is not is met by a signal that
 * ends the process without a word. Layout as in `mdb.c` of lmdb-js 3.5 (`MDB_page`, `MDB_meta`, `MDB_db`, `MDB_node`), on
 * machines of 64 bits, little-endian.
 */

/** The engine's file is damaged; opening it would end the process. */
export class LmdbDamaged extends Error {}

const pageHeaderBytes = 24
const metaBytes = 160
const flags = { leaf: 0x02, branch: 0x01, meta: 0x08 }
const nodeFlags = { bigData: 0x01, subDatabase: 0x02 }
const magic = 0xbeefc0de
const dataVersion = 2
/** The root of an empty tree. */
const noPage = 2n ** 64n - 1n
/** Pages looked at of a file that is shorter than its last page: a second, about. Beyond that it is believed. */
const maxPages = 65_536

interface Meta {
  readonly pageBytes: number
  readonly roots: readonly bigint[]
  readonly lastPage: number
  readonly transaction: bigint
}

/**
 * Throws the system's error if the file exists and cannot be opened for writing: lmdb-js meets an error of opening with a
 * SIGSEGV. Not for files of an environment that is open: closing gives up the process' locks on them.
 */
export function checkOpens(path: string): void {
  try {
    closeSync(openSync(path, 'r+'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** @throws LmdbDamaged if the file exists and cannot be opened safely. `remedy` ends the message. */
export function checkLmdbFile(path: string, remedy: string): void {
  const file = openFile(path)
  if (file === undefined) return
  try {
    const size = fstatSync(file).size
    // LMDB begins an empty file anew.
    if (size === 0) return
    const fault = faultOf((bytes, position) => readSync(file, bytes, 0, bytes.length, position), size)
    if (fault !== undefined) throw new LmdbDamaged(`${path} is damaged: ${fault}. ${remedy}`)
  } finally {
    closeSync(file)
  }
}

type Read = (bytes: Buffer, position: number) => number

function faultOf(read: Read, size: number): string | undefined {
  const first = metaAt(read, 0)
  const second = first && metaAt(read, first.pageBytes)
  if (first === undefined || second === undefined || second.pageBytes !== first.pageBytes) {
    return 'it does not begin as a file of LMDB does'
  }
  const newest = second.transaction > first.transaction ? second : first
  const wholePages = Math.floor(size / newest.pageBytes)
  // The last pages may never have been written, if they were free again when their transaction ended.
  if (newest.lastPage < wholePages) return undefined
  const missing = new Reach(read, newest.pageBytes, wholePages).findMissing(newest.roots)
  return missing === undefined ? undefined : `page ${missing} is needed, and it ends after ${wholePages}`
}

function metaAt(read: Read, position: number): Meta | undefined {
  const bytes = Buffer.alloc(metaBytes)
  if (read(bytes, position) < metaBytes) return undefined
  if ((bytes.readUInt16LE(18) & flags.meta) === 0 || bytes.readUInt32LE(pageHeaderBytes) !== magic) return undefined
  if (bytes.readUInt16LE(28) !== dataVersion) return undefined
  const pageBytes = bytes.readUInt32LE(48)
  if (pageBytes < 256 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined
  return {
    pageBytes,
    roots: [bytes.readBigUInt64LE(88), bytes.readBigUInt64LE(136)],
    lastPage: Number(bytes.readBigUInt64LE(144)),
    transaction: bytes.readBigUInt64LE(152),
  }
}

/** Which pages the trees of a file lead to. */
class Reach {
  readonly #read: Read
  readonly #page: Buffer
  readonly #wholePages: number
  readonly #waiting: number[] = []
  #missing: number | undefined

  constructor(read: Read, pageBytes: number, wholePages: number) {
    this.#read = read
    this.#page = Buffer.alloc(pageBytes)
    this.#wholePages = wholePages
  }

  /** A page that some tree needs and the file does not have. */
  findMissing(roots: readonly bigint[]): number | undefined {
    for (const root of roots) this.#need(root)
    for (let looked = 0; looked < maxPages && this.#missing === undefined; looked++) {
      const next = this.#waiting.pop()
      if (next === undefined) break
      this.#read(this.#page, next * this.#page.length)
      const kind = this.#page.readUInt16LE(18)
      const nodes = this.#page.readUInt16LE(20) >> 1
      for (let i = 0; i < nodes; i++) this.#node(kind, pageHeaderBytes + 2 * i)
    }
    return this.#missing
  }

  #node(kind: number, pointer: number): void {
    const page = this.#page
    if (pointer + 2 > page.length) return
    const at = page.readUInt16LE(pointer) + pageHeaderBytes
    if (at + 8 > page.length) return
    const low = page.readUInt32LE(at)
    const mark = page.readUInt16LE(at + 4)
    if ((kind & flags.branch) !== 0) return this.#need(BigInt(low + mark * 2 ** 32))
    const data = at + 8 + page.readUInt16LE(at + 6)
    if ((kind & flags.leaf) === 0) return
    if ((mark & nodeFlags.subDatabase) !== 0) {
      if (data + 48 <= page.length) this.#need(page.readBigUInt64LE(data + 40))
    } else if ((mark & nodeFlags.bigData) !== 0 && data + 24 <= page.length) {
      this.#end(page.readBigUInt64LE(data) + page.readBigUInt64LE(data + 16) - 1n)
    }
  }

  #need(page: bigint): void {
    if (page === noPage) return
    this.#end(page)
    this.#waiting.push(Number(page))
  }

  #end(page: bigint): void {
    if (page >= this.#wholePages) this.#missing ??= Number(page)
  }
}

function openFile(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
