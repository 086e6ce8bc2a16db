import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Addresses {
  readonly http: Address
  readonly resp: Address
  readonly admin: Address
}

const startLimitMs = 60_000
/** Longer than the node's own `limits.drainTimeout`. */
const stopLimitMs = 20_000
const keptLines = 200

/** The program under test: the build, unless `HEADGATE_MAIN` names another. */
export function programPath(): string {
  return process.env['HEADGATE_MAIN'] ?? 'dist/main.js'
}

/** A real node in a process of its own, on free ports. */
export class NodeProcess {
  readonly addresses: Addresses
  readonly pid: number
  /** Monotonic time just before the process was started. */
  readonly spawnedAt: number
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>
  /** The last lines it wrote: its log, and what is meant for people. */
  readonly lines: string[]
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, addresses: Addresses, spawnedAt: number, lines: string[]) {
    this.child = child
    this.addresses = addresses
    this.pid = child.pid ?? 0
    this.spawnedAt = spawnedAt
    this.lines = lines
    this.exited = hasExited(child) ? Promise.resolve() : once(child, 'exit').then(() => undefined)
  }

  /**
   * Starts `run` of `program` (the one under test) with these settings; resolves when it serves. Rejects with what it
   * wrote if it does not.
   */
  static async start(settings: Readonly<Record<string, string>>, program = programPath()): Promise<NodeProcess> {
    const { child, lines, spawnedAt } = spawnNode(settings, program)
    try {
      const started = await startedLine(child)
      return new NodeProcess(child, started, spawnedAt, lines)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`the node did not start: ${(error as Error).message}\n${lines.join('\n')}`)
    }
  }

  /** Starts a node only to kill it after `afterMs`, most likely while it still recovers. */
  static async startAndKill(settings: Readonly<Record<string, string>>, afterMs: number): Promise<void> {
    const { child } = spawnNode(settings, programPath())
    const exited = once(child, 'exit')
    setTimeout(() => child.kill('SIGKILL'), afterMs)
    await exited
  }

  get alive(): boolean {
    return !hasExited(this.child)
  }

  /** Ends the process with SIGKILL: it gets no chance to do anything more. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }

  /** Asks it to drain; resolves with its exit code, or with the signal that ended it. */
  async stop(): Promise<number | string> {
    if (this.alive) {
      const timer = setTimeout(() => this.child.kill('SIGKILL'), stopLimitMs)
      this.child.kill('SIGTERM')
      await this.exited
      clearTimeout(timer)
    }
    return this.child.exitCode ?? this.child.signalCode ?? 'unknown'
  }

  /** Processor time of all its threads since it was started, in milliseconds; undefined where /proc does not tell. */
  cpuMs(): number | undefined {
    try {
      const text = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      // After the name, which may hold anything, the state is field 3; 14 and 15 are the times, in ticks of 10 ms.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return 10 * (Number(fields[11]) + Number(fields[12]))
    } catch {
      return undefined
    }
  }

  /** Anonymous memory in bytes (heap and buffers; not pages of LMDB's files); undefined where /proc does not tell. */
  anonymousBytes(): number | undefined {
    try {
      const match = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))
      return match === null ? undefined : Number(match[1]) * 1024
    } catch {
      return undefined
    }
  }
}

function spawnNode(settings: Readonly<Record<string, string>>, program: string) {
  const ports = { 'listen.http.port': '0', 'listen.resp.port': '0', 'listen.admin.port': '0' }
  const args = Object.entries({ ...ports, ...settings }).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [program, 'run', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
    })
  }
  return { child, lines, spawnedAt }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** The line of JSON on standard output that says where it listens. */
function startedLine(child: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> }): Promise<Addresses> {
  return new Promise((resolve, reject) => {
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

type StartedEvent = Addresses & { readonly event: string }

/** Not every line has to be JSON: a library may print something. */
function parsed(line: string): StartedEvent | undefined {
  try {
    return JSON.parse(line) as StartedEvent | undefined
  } catch {
    return undefined
  }
}
