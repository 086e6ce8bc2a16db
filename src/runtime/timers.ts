/** An armed timer or scheduled callback; `cancel` is idempotent and safe after it fired. */
export interface Timer {
  cancel(): void
}

/** Deferred work. Timers never keep the process alive: what must finish is awaited by the drain, not by a timer. */
export interface Timers {
  /** Runs `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): Timer
  /** Runs `task` every `periodMs`. */
  every(periodMs: number, task: () => void): Timer
  /** Runs `task` after the I/O events that are already waiting; keeps the process alive until it ran. */
  soon(task: () => void): void
}

export const systemTimers: Timers = {
  after(delayMs, task) {
    const handle = setTimeout(task, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
  every(periodMs, task) {
    const handle = setInterval(task, periodMs)
    handle.unref()
    return { cancel: () => clearInterval(handle) }
  },
  soon(task) {
    setImmediate(task)
  },
}
