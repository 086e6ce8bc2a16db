import { readFileSync } from 'node:fs'
import { whyUnreadable } from '../config/text-file.ts'

/** The token in the file that `--token-file` names. Throws an Error with a sentence for a person. */
export function readTokenFile(file: string): string {
  const token = contentOf(file).trim()
  if (/^[\x21-\x7e]+$/.test(token)) return token
  const found = token === '' ? 'is empty' : 'holds something else'
  throw new Error(`--token-file ${file} ${found}: a token is one line of visible ASCII without spaces`)
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`--token-file ${file} cannot be read: ${whyUnreadable(error)}`)
  }
}
