import { formatCount, formatMicros, sparkline } from './format.ts'
import type { LoadWatcher, Phase } from './run-load.ts'
import type { Interval } from './tally.ts'

export interface ProgressOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const historyLength = 20
/** Without a terminal a line that moves is a line for every one of these seconds. */
const plainEvery = 5
const preloadSteps = 100

/** Shows a run as it goes: one line that is rewritten on a terminal, a line now and then elsewhere. */
export class ProgressLine implements LoadWatcher {
  private readonly output: ProgressOutput
  private readonly history: number[] = []
  private seconds = 0
  private preloadStep = -1
  private open = false

  constructor(output: ProgressOutput) {
    this.output = output
  }

  onPreload(done: number, total: number): void {
    const step = Math.floor((done / total) * preloadSteps)
    if (step === this.preloadStep) return
    this.preloadStep = step
    const text = `preload  ${formatCount(done)} of ${formatCount(total)} keys (${step} %)`
    if (this.output.isTTY === true || (step > 0 && step % 25 === 0)) this.show(text)
  }

  onSecond(phase: Phase, elapsedMs: number, interval: Interval): void {
    this.history.push(interval.successes)
    if (this.history.length > historyLength) this.history.shift()
    this.seconds++
    if (this.output.isTTY === true || this.seconds % plainEvery === 0) {
      this.show(progressText(phase, elapsedMs, interval, this.history))
    }
  }

  /** Ends the line, so that what follows starts on its own. */
  end(): void {
    if (this.open) this.output.write('\n')
    this.open = false
  }

  private show(text: string): void {
    if (this.output.isTTY !== true) {
      this.output.write(`${text}\n`)
      return
    }
    this.output.write(`\r\x1b[2K${text}`)
    this.open = true
  }
}

function progressText(phase: Phase, elapsedMs: number, interval: Interval, history: readonly number[]): string {
  const refused = `shed ${formatCount(interval.shed)}  errors ${formatCount(interval.errors)}`
  const times = `p50 ${formatMicros(interval.p50Us)}  p99 ${formatMicros(interval.p99Us)}`
  const elapsed = `${Math.round(elapsedMs / 1000)} s`.padStart(5)
  return `${phase.padEnd(7)} ${elapsed}  ${sparkline(history)}  ${formatCount(interval.successes)}/s  ${times}  ${refused}`
}
