/** A bounded first-in-first-out queue of times. */
export class TimeQueue {
  private readonly times: Float64Array
  private first = 0
  private count = 0

  constructor(capacity: number) {
    this.times = new Float64Array(capacity)
  }

  get length(): number {
    return this.count
  }

  /** False if the queue is full. */
  push(time: number): boolean {
    if (this.count === this.times.length) return false
    this.times[(this.first + this.count) % this.times.length] = time
    this.count++
    return true
  }

  /** The oldest time; only while `length` > 0. */
  get head(): number {
    return this.times[this.first]!
  }

  shift(): void {
    this.first = (this.first + 1) % this.times.length
    this.count--
  }
}
