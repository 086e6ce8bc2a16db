import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface GatewayProcess {
  readonly pid: number
  readonly http: Address
  readonly resp: Address
  readonly admin: Address
  /** Asks it to drain and waits until it is gone. */
  stop(): Promise<void>
}

/** Longer than the gateway's own `limits.drainTimeout`. */
const patienceMs = 20_000
const startLimitMs = 30_000
const keptLines = 20

/**
 * Starts `program run --json` with the given settings on free ports, and resolves when it serves. Rejects with what it
 * wrote when it ends or stays silent instead.
 */
export async function startGateway(
  program: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const ports = { 'listen.http.port': '0', 'listen.resp.port': '0', 'listen.admin.port': '0' }
  const args = Object.entries({ ...ports, ...settings }).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const child = spawn(process.execPath, [...program, 'run', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    if (lines.length > keptLines) lines.shift()
  })
  try {
    const started = await startedLine(child)
    return { ...started, pid: child.pid ?? 0, stop: () => stop(child) }
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`the gateway did not start: ${(error as Error).message}\n${lines.join('\n')}`)
  }
}

/** The line of JSON on standard output that says where it listens. */
function startedLine(child: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> }) {
  return new Promise<Pick<GatewayProcess, 'http' | 'resp' | 'admin'>>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`silent for ${startLimitMs / 1000} s`)), startLimitMs)
    const settle = (then: () => void): void => {
      clearTimeout(timer)
      then()
    }
    child.on('error', (error) => settle(() => reject(error)))
    child.on('exit', (code, signal) => settle(() => reject(new Error(`it ended with ${signal ?? code}`))))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parsed(line)
      if (event?.event !== 'started') return
      settle(() => resolve({ http: event.http, resp: event.resp, admin: event.admin }))
    })
  })
}

interface StartedEvent {
  readonly event: string
  readonly http: Address
  readonly resp: Address
  readonly admin: Address
}

function parsed(line: string): StartedEvent | undefined {
  try {
    return JSON.parse(line) as StartedEvent
  } catch {
    return undefined
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  child.kill('SIGTERM')
  await exited
  clearTimeout(timer)
}
