import type { Environment } from '../config/expand-env.ts'
import { type Runtime, systemRuntime } from '../runtime/runtime.ts'
import { holdProcess } from './hold-process.ts'

export interface CliOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** Everything a verb touches of the process it runs in, so that tests can run it inside theirs. */
export interface CliIo {
  /** Results. */
  readonly stdout: CliOutput
  /** What is said to a person on the way: banners, warnings, errors. */
  readonly stderr: CliOutput
  readonly environment: Environment
  readonly runtime: Runtime
  /** Calls `listener` for each signal that asks the process to end, until the returned function is called. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void
  /** Calls `listener` for each SIGHUP, until the returned function is called. */
  onHangup(listener: () => void): () => void
  /** Ends the process at once. */
  exitNow(code: number): void
}

const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM']

export const processIo: CliIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  runtime: systemRuntime,
  onStopSignal: (listener) => onSignals(stopSignals, (signal) => listener(signal as StopSignal)),
  onHangup: (listener) => onSignals(['SIGHUP'], () => listener()),
  exitNow: (code) => process.exit(code),
}

function onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}

/** Resolves after `delayMs`, or with the signal that ended the wait. Keeps the process alive. */
export function pause(io: CliIo, delayMs: number): Promise<StopSignal | undefined> {
  const release = holdProcess()
  return new Promise((resolve) => {
    const end = (signal?: StopSignal) => {
      timer.cancel()
      ignore()
      release()
      resolve(signal)
    }
    const timer = io.runtime.timers.after(delayMs, () => end())
    const ignore = io.onStopSignal(end)
  })
}
