import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Far above any configuration, token or chain of certificates that is meant. */
const largestBytes = 2 ** 20

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it would lie in something that is no folder',
}

/** The text of a file that a configuration is made of. Throws, with `whyUnreadable` to say why. */
export function readTextFile(path: string): string {
  // A pipe that nobody writes to would hold up the process here, and a device may have no end.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const status = fstatSync(file)
    if (!status.isFile() && !status.isDirectory()) throw new Error('it is not a regular file; write it to one first')
    if (status.size > largestBytes) throw new Error(`it has ${status.size} bytes; ${largestBytes} are the most`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Why a file could not be read, as the end of a sentence; the system's own words where we have none. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}
