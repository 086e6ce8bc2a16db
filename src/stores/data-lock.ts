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
 * A starter that finds nobody alive links its socket, which listens already, to the number after the highest: `lock.1`,
 * `lock.2`. Linking fails if somebody else has done so, and no name is ever moved or taken over. Then it looks again, and
 * gives way if there is a higher claim or another one alive. Of two claims the one linked later sees the earlier, and if
 * each sees the other both give way; nothing depends on how long a starter is held up on its way.
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
    return { release: () => release(folder, claim, held) }
  } catch (error) {
    if (server !== undefined) await close(server)
    folder.close()
    throw error
  }
}

async function release(folder: LockFolder, claim: number, server: Server): Promise<void> {
  folder.remove(nameOf(claim))
  await close(server)
  folder.close()
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
      if (await this.#anyAlive(claims)) throw new DataLocked(`another process holds ${this.#directory}`)
      const next = Math.max(0, ...claims) + 1
      if (!this.#link(own, next)) continue
      const now = this.#claims()
      const others = now.filter((claim) => claim !== next)
      const highest = now.includes(next) && others.every((claim) => claim < next)
      if (highest && !(await this.#anyAlive(others))) return next
      this.remove(nameOf(next))
    }
    throw new DataLocked(`${this.#directory} is being locked by several processes at once`)
  }

  /** Removes what earlier holders and starters have left. */
  async tidy(held: number): Promise<void> {
    for (const name of readdirSync(this.path('.'))) {
      const left = name.startsWith(starterPrefix) || (claimPattern.test(name) && name !== nameOf(held))
      if (left && !(await isAlive(this.path(name)))) this.remove(name)
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

  async #anyAlive(claims: readonly number[]): Promise<boolean> {
    for (const claim of claims) if (await isAlive(this.path(nameOf(claim)))) return true
    return false
  }

  /** False if the number is taken. */
  #link(own: string, claim: number): boolean {
    try {
      linkSync(this.path(own), this.path(nameOf(claim)))
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

function nameOf(claim: number): string {
  return `lock.${claim}`
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
