export interface BarOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const width = 30
const redrawMs = 100
const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A bar with count, rate and time left: one line that is rewritten on a terminal, every quarter a line elsewhere. */
export class ProgressBar {
  private readonly total: number
  private readonly output: BarOutput
  private readonly now: () => number
  private readonly startedAt: number
  private drawnAt = Number.NEGATIVE_INFINITY
  private quarter = 0

  constructor(total: number, output: BarOutput, now: () => number) {
    this.total = total
    this.output = output
    this.now = now
    this.startedAt = now()
  }

  update(done: number): void {
    const now = this.now()
    if (this.output.isTTY === true) {
      if (now - this.drawnAt < redrawMs && done < this.total) return
      this.drawnAt = now
      this.output.write(`\r\x1b[2K${this.line(done, now)}${done < this.total ? '' : '\n'}`)
      return
    }
    const quarter = Math.floor((4 * done) / this.total)
    if (quarter === this.quarter) return
    this.quarter = quarter
    this.output.write(`${this.line(done, now)}\n`)
  }

  private line(done: number, now: number): string {
    const seconds = (now - this.startedAt) / 1000
    const rate = seconds === 0 ? 0 : done / seconds
    const filled = Math.round((width * done) / this.total)
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled)
    const left = rate === 0 ? '' : `, ${((this.total - done) / rate).toFixed(0)} s left`
    const time = done < this.total ? left : ` in ${seconds.toFixed(1)} s`
    return `  ${bar} ${group.format(done)} of ${group.format(this.total)}, ${group.format(rate)}/s${time}`
  }
}
