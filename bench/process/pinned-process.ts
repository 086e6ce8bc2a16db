import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { within } from './patience.ts'

/** The processor of whatever is measured, and the one of load generators and of the bench itself. */
export const measuredCpu = 0
export const generatorCpu = 1

const keptLines = 30
const stopMs = 30_000
const alive = new Set<ChildProcess>()

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cpu: number
  readonly folder?: string
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void
}

/** A process that was started on one processor: all its threads stay there. */
export class PinnedProcess {
  readonly pid: number
  readonly ended: Promise<void>
  private readonly child: ChildProcess
  private readonly name: string
  private readonly lastLines: string[] = []

  constructor({ program, args, cpu, folder, onLine }: Command) {
    this.name = program
    // taskset becomes the program, so the process id is the program's own.
    const child = spawn('taskset', ['-c', String(cpu), program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(folder === undefined ? {} : { cwd: folder }),
    })
    this.child = child
    this.pid = child.pid ?? 0
    alive.add(child)
    this.ended = new Promise((resolve) => {
      const gone = (): void => {
        alive.delete(child)
        resolve()
      }
      child.once('close', gone)
      child.once('error', gone)
    })
    createInterface({ input: child.stderr! }).on('line', (line) => this.keep(line))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      onLine?.(line)
      this.keep(line)
    })
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined
  }

  /** Undefined while it runs, null if a signal ended it. */
  get exitCode(): number | null | undefined {
    return this.running ? undefined : this.child.exitCode
  }

  /** The end of what it wrote, for an error message. */
  get lastWords(): string {
    return this.lastLines.join('\n')
  }

  /** Rejects with the end of its output if it ends before `ready` does. */
  async outlives<T>(ready: Promise<T>): Promise<T> {
    const died = this.ended.then(() => {
      throw new Error(`${this.name} ended:\n${this.lastWords}`)
    })
    return Promise.race([ready, died])
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.child.kill(name)
  }

  /** Asks it to end, insists after a while, and waits until it is gone. */
  async stop(): Promise<void> {
    if (!this.running) return
    this.signal('SIGTERM')
    try {
      await within(stopMs, `${this.name} was asked to stop`, this.ended)
    } catch {
      await this.kill()
    }
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  private keep(line: string): void {
    this.lastLines.push(line)
    if (this.lastLines.length > keptLines) this.lastLines.shift()
  }
}

export interface Finished {
  readonly output: string
  readonly errors: string
  readonly code: number | null
}

/** Runs a program to its end on the generator's processor. Rejects after `ms`, killing it. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { ms, input }: { readonly ms: number; readonly input?: AsyncIterable<Buffer> },
): Promise<Finished> {
  const child = spawn('taskset', ['-c', String(generatorCpu), program, ...args], { stdio: 'pipe' })
  alive.add(child)
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  try {
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    // Once the program is gone, what it did not read says nothing that its exit code does not.
    child.stdin.on('error', () => undefined)
    if (input !== undefined) {
      for await (const chunk of input) {
        if (!child.stdin.writable) break
        if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), closed])
      }
    }
    child.stdin.end()
    const [code, signal] = await closed
    if (signal === 'SIGKILL') throw new Error(`${program}: not done within ${ms / 1000} s`)
    return { output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString(), code }
  } finally {
    clearTimeout(timer)
    alive.delete(child)
  }
}

/** Whether a program can be found. */
export function installed(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Moves this process off the measured processor. Throws if the machine has not got both. */
export function pinSelf(): void {
  try {
    execFileSync('taskset', ['-c', `${measuredCpu},${generatorCpu}`, 'true'], { stdio: 'ignore' })
    execFileSync('taskset', ['-a', '-c', '-p', String(generatorCpu), String(process.pid)], { stdio: 'ignore' })
  } catch {
    throw new Error(`this needs taskset (util-linux) and the processors ${measuredCpu} and ${generatorCpu}`)
  }
}

/** Ends what is still running, at once. For an interrupted bench. */
export function killAll(): void {
  for (const child of alive) child.kill('SIGKILL')
}
