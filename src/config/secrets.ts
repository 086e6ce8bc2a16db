import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Finding, KeyPath } from './problem.ts'
import type { Config } from './schema.ts'
import type { ClientConfig, TlsConfig, TlsSettings } from './sections/security.ts'
import { readTextFile, whyUnreadable } from './text-file.ts'

/** Everything the configuration names that must not be seen. */
export interface Secrets {
  /** One for each of `security.clients`. */
  readonly tokens: readonly string[]
  readonly tls: TlsSettings | undefined
  readonly problems: readonly Finding[]
  /** Worth a warning. */
  readonly doubts: readonly Finding[]
}

const shortestSafe = 16
const longest = 1024

/** Reads the files that the configuration names. */
export function readSecrets({ security }: Config): Secrets {
  const problems: Finding[] = []
  const doubts: Finding[] = []
  const tokens = security.clients.map((client, index) => {
    return readToken(client, ['security', 'clients', index], problems, doubts)
  })
  for (const [index, token] of tokens.entries()) {
    const twin = tokens.indexOf(token)
    if (token === '' || twin === index) continue
    const path = ['security', 'clients', index]
    const names = `${security.clients[twin]?.name} and ${security.clients[index]?.name}`
    problems.push({ path, message: `the clients ${names} have the same token; each needs its own` })
  }
  const tls = security.tls === undefined ? undefined : readTls(security.tls, problems, doubts)
  return { tokens, tls, problems, doubts }
}

/** A token is visible ASCII, because it travels in an HTTP header; a line break at the end of its file does not count. */
function readToken(client: ClientConfig, path: KeyPath, problems: Finding[], doubts: Finding[]): string {
  const { token, tokenFile } = client
  // Neither or both is a contradiction, reported as such.
  if ((token === undefined) === (tokenFile === undefined)) return ''
  const place: KeyPath = [...path, tokenFile === undefined ? 'token' : 'tokenFile']
  const text = tokenFile === undefined ? token : readSecretFile(tokenFile, place, problems, doubts)
  if (text === undefined) return ''
  const value = text.replace(/\r?\n$/, '')
  const what = tokenFile === undefined ? 'the token' : resolve(tokenFile)
  const wrong = complaintAbout(value)
  if (wrong !== undefined) problems.push({ path: place, at: 'value', message: `${what} ${wrong}` })
  else if (value.length < shortestSafe) {
    doubts.push({ path: place, at: 'value', message: `${what} is short; use ${shortestSafe} characters or more` })
  }
  return value
}

function complaintAbout(token: string): string | undefined {
  if (token === '') return 'is empty'
  if (token.length > longest) return `is longer than ${longest} characters`
  return /^[\x21-\x7e]+$/.test(token) ? undefined : 'must be one line of visible ASCII without spaces'
}

function readTls(config: TlsConfig, problems: Finding[], doubts: Finding[]): TlsSettings | undefined {
  const path = ['security', 'tls']
  const cert = readNamedFile(config.certFile, [...path, 'certFile'], problems)
  const key = readSecretFile(config.keyFile, [...path, 'keyFile'], problems, doubts)
  if (cert === undefined || key === undefined) return undefined
  try {
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    problems.push({ path, message: `security.tls: the certificate and key cannot be used: ${reason}` })
    return undefined
  }
}

function readSecretFile(path: string, place: KeyPath, problems: Finding[], doubts: Finding[]): string | undefined {
  const text = readNamedFile(path, place, problems)
  const file = resolve(path)
  if (text !== undefined && process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    const message = `${file} can be read by others than its owner; run: chmod 600 ${file}`
    doubts.push({ path: place, at: 'value', message })
  }
  return text
}

function readNamedFile(path: string, place: KeyPath, problems: Finding[]): string | undefined {
  const file = resolve(path)
  try {
    return readTextFile(file)
  } catch (error) {
    problems.push({ path: place, at: 'value', message: `cannot read ${file}: ${whyUnreadable(error)}` })
    return undefined
  }
}
