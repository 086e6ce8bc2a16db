import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Finding, KeyPath } from './problem.ts'

/** A secret, or why there is none; `doubt` is worth a warning. */
export interface Secret {
  readonly value: string
  readonly problem: Finding | undefined
  readonly doubt: Finding | undefined
}

export const noSecret: Secret = { value: '', problem: undefined, doubt: undefined }

const shortestSafe = 16

/**
 * The token of a client, from the key itself or from the file it names (without a line break at its end). It must be
 * visible ASCII, because it travels in an HTTP header.
 */
export function readToken(token: string | undefined, tokenFile: string | undefined, path: KeyPath): Secret {
  if (tokenFile === undefined) return judged(token ?? '', [...path, 'token'], 'the token')
  const place = [...path, 'tokenFile']
  const file = resolve(tokenFile)
  try {
    const value = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    const secret = judged(value, place, file)
    return secret.problem === undefined && isOpen(file) ? { ...secret, doubt: openFile(place, file) } : secret
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)
    return {
      value: '',
      problem: { path: place, at: 'value', message: `cannot read ${file}: ${reason}` },
      doubt: undefined,
    }
  }
}

function judged(value: string, path: KeyPath, what: string): Secret {
  const wrong =
    value === '' ? 'is empty' : /^[\x21-\x7e]+$/.test(value) ? undefined : 'must be visible ASCII without spaces'
  const problem: Finding | undefined =
    wrong === undefined ? undefined : { path, at: 'value', message: `${what} ${wrong}` }
  const short = value.length < shortestSafe
  const doubt: Finding = { path, at: 'value', message: `${what} is short; use ${shortestSafe} characters or more` }
  return { value, problem, doubt: problem === undefined && short ? doubt : undefined }
}

function isOpen(file: string): boolean {
  return process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0
}

function openFile(path: KeyPath, file: string): Finding {
  return { path, at: 'value', message: `${file} can be read by others than its owner; run: chmod 600 ${file}` }
}
