import { spawn } from 'node:child_process'

export interface Outcome {
  readonly ok: boolean
  readonly output: string
  readonly seconds: number
}

/** Runs a program to its end and keeps what it wrote. With `onLine`, lines are handed over as they come. */
export function runCommand(
  command: string,
  args: readonly string[],
  { env = {}, onLine }: { env?: Readonly<Record<string, string | undefined>>; onLine?: (line: string) => void } = {},
): Promise<Outcome> {
  const startedAt = performance.now()
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let line = ''
  const take = (chunk: string): void => {
    output += chunk
    const lines = (line + chunk).split('\n')
    line = lines.pop() ?? ''
    if (onLine !== undefined) for (const whole of lines) onLine(whole)
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  return new Promise((resolve) => {
    const end = (ok: boolean): void => {
      if (line !== '') onLine?.(line)
      resolve({ ok, output, seconds: (performance.now() - startedAt) / 1000 })
    }
    child.on('error', (error) => {
      output += error.message
      end(false)
    })
    child.on('close', (code) => end(code === 0))
  })
}
