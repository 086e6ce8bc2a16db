import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The few things a journal asks of a disk; narrow, so that tests can drop, tear and fail writes. */
export interface JournalDirectory {
  /** Creates the directory if it is absent; answers the names of its files. */
  open(): Promise<readonly string[]>
  read(name: string): Promise<Uint8Array>
  /** Creates or replaces a file whose bytes are on disk when it resolves (its name only after `sync`). */
  write(name: string, bytes: Uint8Array): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Puts the names themselves on disk. */
  sync(): Promise<void>
  /** Opens an existing file for appending, cut to `length` bytes. */
  append(name: string, length: number): Promise<JournalFile>
}

export interface JournalFile {
  /** Adds bytes at the end; they are on disk when it resolves. */
  append(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** The directory `path` of the file system. */
export function journalDirectory(path: string): JournalDirectory {
  return {
    async open() {
      await mkdir(path, { recursive: true })
      await syncPath(dirname(path))
      return await readdir(path)
    },
    read: (name) => readFile(join(path, name)),
    async write(name, bytes) {
      const handle = await open(join(path, name), 'w', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
    rename: (from, to) => rename(join(path, from), join(path, to)),
    remove: (name) => rm(join(path, name)),
    sync: () => syncPath(path),
    async append(name, length) {
      const handle = await open(join(path, name), 'a')
      await handle.truncate(length)
      await handle.sync()
      return {
        async append(bytes) {
          await handle.appendFile(bytes)
          await handle.datasync()
        },
        close: () => handle.close(),
      }
    },
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
