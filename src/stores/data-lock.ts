import { closeSync, linkSync, openSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Random } from '../runtime/random.ts'

const claimPattern = /^lock\.(\d+)$/
const starterPrefix = 'lock-'
const attempts = 16

/** Another process holds the data folder. */
export class DataLocked extends Error {}

/** The data folder belongs to this process until `release`, or until the process ends, however it ends. */
export interface DataLock {
  release(): Promise<void>
}

/**
 * Locks a data folder against a second process, whose LMDB would otherwise open the same files. The lock is a listening
 * Unix socket in the folder: the kernel closes it when its process dies, so a lock left behind refuses connections,
 * whatever process-id or network namespace either side lives in.
 *
 * Names are claimed in turn, `lock.1`, `lock.2`: a starter that finds nobody alive links its socket, which listens
 * already, to the number after the highest. Linking fails if somebody else has done so. A name is never moved or taken
 * over, and the highest is never removed, so a claim made on an old view of the folder sees a higher one beside it and
 * gives way; of two claims, the later one saw the earlier, alive. Nothing depends on how long a starter is held up.
 */
export async function lockData(directory: string, random: Random): Promise<DataLock> {
  const folder = new LockFolder(directory)
  const own = starterPrefix + random.bytes(8).toString('hex')
  let server: Server | undefined
  try {
    server = await listen(folder.path(own))
    const claim = await folder.claim(own)
    folder.remove(own)
    await folder.tidy(claim)
    const held = server
    return { release: () => close(held).then(() => folder.close()) }
  } catch (error) {
    if (server !== undefined) await close(server)
    folder.close()
    throw error
  }
}

/** The data folder, named through a descriptor because the path of a socket may not exceed 107 bytes. */
class LockFolder {
  readonly #directory: string
  readonly #descriptor: number

  constructor(directory: string) {
    this.#directory = directory
    this.#descriptor = openSync(directory, 'r')
  }

  path(name: string): string {
    return join(`/proc/self/fd/${this.#descriptor}`, name)
  }

  /** Claims the next number for the socket `own`; throws if a claim is alive. */
  async claim(own: string): Promise<number> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const claims = this.#claims()
      for (const claim of claims) {
        if (await isAlive(this.#claimPath(claim))) throw new DataLocked(`another process holds ${this.#directory}`)
      }
      const next = Math.max(0, ...claims) + 1
      if (!this.#link(own, next)) continue
      if (Math.max(...this.#claims()) === next) return next
      rmSync(this.#claimPath(next), { force: true })
    }
    throw new DataLocked(`${this.#directory} is being locked by several processes at once`)
  }

  /** Removes what earlier holders and starters have left. */
  async tidy(held: number): Promise<void> {
    for (const claim of this.#claims()) if (claim < held) rmSync(this.#claimPath(claim), { force: true })
    for (const name of readdirSync(this.path('.'))) {
      if (name.startsWith(starterPrefix) && !(await isAlive(this.path(name)))) this.remove(name)
    }
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true })
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #claims(): number[] {
    return readdirSync(this.path('.')).flatMap((name) => claimPattern.exec(name)?.slice(1).map(Number) ?? [])
  }

  #claimPath(claim: number): string {
    return this.path(`lock.${claim}`)
  }

  /** False if the number is taken. */
  #link(own: string, claim: number): boolean {
    try {
      linkSync(this.path(own), this.#claimPath(claim))
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return false
      // A holder has taken the socket for one left behind, between its making and its listening.
      if (code === 'ENOENT') throw new DataLocked(`another process holds ${this.#directory}`)
      throw error
    }
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen({ path, backlog: 8 }, () => {
      server.unref()
      resolve(server)
    })
  })
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    const end = (alive: boolean): void => {
      socket.destroy()
      resolve(alive)
    }
    socket.once('connect', () => end(true))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    )
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
