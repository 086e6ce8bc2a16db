import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Random } from '../runtime/random.ts'

const lockName = 'lock'
const attempts = 5

/** Another process holds the data folder. */
export class DataLocked extends Error {}

/** The data folder belongs to this process until `release`, or until the process ends, however it ends. */
export interface DataLock {
  release(): Promise<void>
}

/**
 * Locks a data folder against a second process, whose LMDB would otherwise open the same files. The lock is a listening
 * Unix socket in the folder: the kernel closes it when its process dies, so a lock left behind refuses connections and
 * can be taken over, whatever process-id namespace either side lives in. The folder is named through a descriptor
 * (`/proc/self/fd`), because a socket's path may not exceed 107 bytes.
 */
export async function lockData(directory: string, random: Random): Promise<DataLock> {
  const folder = openSync(directory, 'r')
  const at = (name: string): string => join(`/proc/self/fd/${folder}`, name)
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const server = await tryListen(at(lockName))
      if (server !== undefined) return { release: () => closeServer(server, folder) }
      await clearStale(at, random)
    }
  } catch (error) {
    closeSync(folder)
    throw error
  }
  closeSync(folder)
  throw new DataLocked(`${directory} is being locked by several processes at once`)

  async function clearStale(path: (name: string) => string, dice: Random): Promise<void> {
    if (await isAlive(path(lockName))) throw new DataLocked(`another process holds ${directory}`)
    const aside = `${lockName}.${dice.bytes(8).toString('hex')}`
    try {
      renameSync(path(lockName), path(aside))
    } catch {
      return
    }
    // Between the look and the rename somebody else may have taken over: then what was moved is theirs, and alive.
    if (await isAlive(path(aside))) {
      renameSync(path(aside), path(lockName))
      throw new DataLocked(`another process has just taken ${directory}`)
    }
    rmSync(path(aside), { force: true })
  }
}

function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
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

function closeServer(server: Server, folder: number): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      closeSync(folder)
      resolve()
    })
  })
}
