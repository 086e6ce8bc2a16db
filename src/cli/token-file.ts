import { readFileSync } from 'node:fs'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
}

/** The token in the file that `--token-file` names. Throws an Error with a sentence for a person. */
export function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`--token-file ${file} cannot be read: ${reasons[code ?? ''] ?? message}`)
  }
}
