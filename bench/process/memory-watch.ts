import { readFileSync } from 'node:fs'
import { median } from '../statistics.ts'
import { parseAnonymousBytes } from './proc-text.ts'

const everyMs = 20

/** Samples the anonymous memory of a process. */
export class MemoryWatch {
  private readonly samples: { readonly at: number; readonly bytes: number }[] = []
  private readonly timer: NodeJS.Timeout
  private readonly pid: number

  constructor(pid: number) {
    this.pid = pid
    this.take()
    this.timer = setInterval(() => this.take(), everyMs)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** The highest sample since a moment of `performance.now()`. Throws if there was none. */
  peakSince(at: number): number {
    return Math.max(...this.since(at))
  }

  medianSince(at: number): number {
    return median(this.since(at))
  }

  private since(from: number): readonly number[] {
    const found = this.samples.filter(({ at }) => at >= from).map(({ bytes }) => bytes)
    if (found.length === 0) throw new Error('the memory of the process was never seen')
    return found
  }

  private take(): void {
    try {
      const bytes = parseAnonymousBytes(readFileSync(`/proc/${this.pid}/status`, 'latin1'))
      this.samples.push({ at: performance.now(), bytes })
    } catch {
      clearInterval(this.timer)
    }
  }
}
