import type { Violation } from './history.ts'

/** One number that one writer increments: every acknowledged increment counts, every other may. */
export class Counter {
  readonly key: string
  known = 0
  unanswered = 0
  /** Increments whose answer left open whether they were done. */
  private open = 0

  constructor(key: string) {
    this.key = key
  }

  send(): void {
    this.unanswered++
  }

  /** The oldest unanswered increment was answered with the new value. */
  acknowledge(value: number): Violation | undefined {
    this.unanswered--
    const [least, most] = [this.known + 1, this.known + 1 + this.open]
    this.known = value
    this.open = 0
    return value >= least && value <= most
      ? undefined
      : { kind: 'wrong-answer', key: this.key, detail: `INCR answered ${value}, not ${least} to ${most}` }
  }

  refuse(): void {
    this.unanswered--
  }

  leaveOpen(): void {
    this.unanswered--
    this.open++
  }

  /** As `History.settle`; an absent counter is 0. */
  settle(value: number): Violation | undefined {
    const [least, most] = [this.known, this.known + this.open + this.unanswered]
    this.known = value
    this.open = 0
    this.unanswered = 0
    if (value >= least && value <= most) return undefined
    const detail = `acknowledged ${least}, sent up to ${most}; found ${value}`
    return { kind: value < least ? 'lost' : 'invented', key: this.key, detail }
  }
}
