import type { Clock } from '../../runtime/clock.ts'
import type { Timers } from '../../runtime/timers.ts'

/** Something that counts answers and reports them when told the time. */
export interface BatchReporter {
  report(nowMs: number): void
}

/** Lets all connections that answered in one turn of the event loop report with one look at the clock. */
export class BatchReports {
  private readonly clock: Clock
  private readonly timers: Timers
  private due: BatchReporter[] = []
  private readonly reportAll = (): void => {
    const reporters = this.due
    this.due = []
    const now = this.clock.now()
    for (const reporter of reporters) reporter.report(now)
  }

  constructor(clock: Clock, timers: Timers) {
    this.clock = clock
    this.timers = timers
  }

  soon(reporter: BatchReporter): void {
    if (this.due.length === 0) this.timers.soon(this.reportAll)
    this.due.push(reporter)
  }
}
