import { type Dispatcher, request } from 'undici'
import { AdminFailure } from './admin-failure.ts'
import { exitCodes } from './exit-codes.ts'
import { readTokenFile } from './token-file.ts'

/** Where the admin port of a node is, and with what to knock. */
export interface AdminOptions {
  readonly admin: string
  readonly tokenFile?: string
}

type Method = 'GET' | 'POST'

const timeoutMs = 5000
const longestAnswer = 64 * 1024 * 1024

/** The JSON that `path` (with its query) answers. Rejects with `AdminFailure`. */
export function getAdmin<T>(options: AdminOptions, path: string): Promise<T> {
  return askAdmin(options, 'GET', path)
}

/** As `getAdmin`, for what changes something. */
export function postAdmin<T>(options: AdminOptions, path: string): Promise<T> {
  return askAdmin(options, 'POST', path)
}

async function askAdmin<T>(options: AdminOptions, method: Method, path: string): Promise<T> {
  const url = adminUrl(options.admin, path)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (options.tokenFile !== undefined) headers['authorization'] = `Bearer ${tokenOf(options.tokenFile)}`
  const response = await ask(url, method, headers)
  const { statusCode } = response
  const text = await response.text()
  const body = parsed(text)
  if (isDone(statusCode) && body !== undefined) return body as T
  if (statusCode === 401 || statusCode === 403) {
    const hint =
      options.tokenFile === undefined ? 'give a token of a client with the role admin: --token-file FILE' : ''
    throw new AdminFailure(exitCodes.failed, `${url.origin} refused: ${problemText(body, statusCode)}. ${hint}`.trim())
  }
  // The data port speaks HTTP too, and has none of these paths.
  if (isProblem(body) && body.code === 'route-not-found') throw new AdminFailure(exitCodes.failed, noAdminPort(url))
  if (!isDone(statusCode) && isProblem(body)) throw new AdminFailure(exitCodes.failed, problemText(body, statusCode))
  const hint = 'is it the admin port of a Headgate?'
  throw new AdminFailure(exitCodes.failed, `${url.origin} answered ${statusCode}, and not as expected; ${hint}`)
}

/** 202: it has begun. */
function isDone(statusCode: number): boolean {
  return statusCode === 200 || statusCode === 202
}

interface Answer {
  readonly statusCode: number
  text(): Promise<string>
}

async function ask(url: URL, method: Method, headers: Record<string, string>): Promise<Answer> {
  const limits: Partial<Dispatcher.RequestOptions> = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
  try {
    const { statusCode, body, headers: answered } = await request(url, { ...limits, method, headers, reset: true })
    const length = Number(answered['content-length'] ?? 0)
    if (length > longestAnswer) throw new AdminFailure(exitCodes.failed, `${url.origin} answered ${length} bytes`)
    return { statusCode, text: () => body.text() }
  } catch (error) {
    if (error instanceof AdminFailure) throw error
    throw new AdminFailure(exitCodes.unreachable, unreachable(url, error))
  }
}

function unreachable(url: URL, error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException
  const where = `${url.protocol}//${url.host}`
  if (code === 'ECONNREFUSED')
    return `nothing answers at ${where}; is Headgate running? Its banner shows the admin port (--admin URL)`
  if (code?.startsWith('UND_ERR_') && code.endsWith('TIMEOUT'))
    return `${where} did not answer within ${timeoutMs / 1000} s`
  if (name === 'HTTPParserError') return noAdminPort(url)
  // So does the Redis port; but a node that ends does it too.
  if (code === 'UND_ERR_SOCKET')
    return `${where} cannot be reached: it closed the connection, as what is not an admin port does; ${whereItIs}`
  return `${where} cannot be reached: ${message === '' ? code : message}`
}

const whereItIs = 'the banner of Headgate shows it (--admin URL), 7402 unless configured'

function noAdminPort({ protocol, host }: URL): string {
  return `that is not an admin port: ${protocol}//${host}; ${whereItIs}`
}

function adminUrl(base: string, path: string): URL {
  const text = /^[^/]+:\d+\/?$/.test(base) ? `http://${base}` : base
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const wanted = '--admin must be HOST:PORT, or a URL like http://127.0.0.1:7402'
    throw new AdminFailure(exitCodes.usage, `${wanted}; not ${base}`)
  }
  return new URL(path, url.origin)
}

function tokenOf(file: string): string {
  try {
    return readTokenFile(file)
  } catch (error) {
    throw new AdminFailure(exitCodes.usage, (error as Error).message)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface ProblemBody {
  readonly code: string
  readonly detail?: string
  /** A sentence each, of a configuration that is not valid. */
  readonly problems?: readonly string[]
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body
}

function problemText(body: unknown, statusCode: number): string {
  if (!isProblem(body)) return `status ${statusCode}`
  const text = body.detail === undefined ? body.code : `${body.code}: ${body.detail}`
  return [text, ...(body.problems ?? [])].join('\n  ')
}
