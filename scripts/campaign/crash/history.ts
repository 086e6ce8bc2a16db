/** What a key may hold: the sequence of the write that made its value, or nothing since that delete. */
export interface Version {
  readonly sequence: number
  readonly present: boolean
}

/** What was read. `sequence` is undefined if the value was not whole. */
export type Seen = { readonly present: false } | { readonly present: true; readonly sequence: number | undefined }

export const absent: Seen = { present: false }

export type ViolationKind = 'lost' | 'torn' | 'invented' | 'wrong-answer'

export interface Violation {
  readonly kind: ViolationKind
  readonly key: string
  readonly detail: string
}

/**
 * What is known about one key of one writer, whose writes take effect in their order: the last that was acknowledged
 * (or seen after a restart), and those sent after it that nobody has answered.
 */
export class History {
  readonly key: string
  known: Version
  private readonly pending: Version[] = []
  /** How many of the first in `pending` were answered in a way that leaves open whether they were done. */
  private open = 0

  constructor(key: string, known: Version = { sequence: 0, present: false }) {
    this.key = key
    this.known = known
  }

  /** `known` is certain: no write after it was answered without saying whether it was done. */
  get sure(): boolean {
    return this.open === 0
  }

  send(version: Version): void {
    this.pending.push(version)
  }

  /** The oldest unanswered write was acknowledged; with it all before it are over. */
  acknowledge(): void {
    this.known = this.pending[this.open]!
    this.pending.splice(0, this.open + 1)
    this.open = 0
  }

  /** The oldest unanswered write was refused and must never be seen. */
  refuse(): void {
    this.pending.splice(this.open, 1)
  }

  /** The answer to the oldest unanswered write leaves open whether it was done. */
  leaveOpen(): void {
    this.open++
  }

  /**
   * Compares with what was read while nothing is under way, and takes that as known from here on: what was seen once
   * after a restart must stay.
   */
  settle(seen: Seen): Violation | undefined {
    const violation = this.judge(seen)
    if (seen.present && seen.sequence === undefined) return violation
    const { sequence } = this.pending.at(-1) ?? this.known
    this.known = { sequence: seen.present ? seen.sequence! : sequence, present: seen.present }
    this.pending.length = 0
    this.open = 0
    return violation
  }

  private judge(seen: Seen): Violation | undefined {
    const { known, pending } = this
    const possible = [known, ...pending]
    const sent = `acknowledged ${nameOf(known)}, then sent ${pending.map(nameOf).join(', ') || 'nothing'}`
    if (!seen.present) {
      return possible.some(({ present }) => !present) ? undefined : this.violation('lost', `${sent}; found nothing`)
    }
    const { sequence } = seen
    if (sequence === undefined) return this.violation('torn', `${sent}; found a value that is not whole`)
    if (possible.some((each) => each.present && each.sequence === sequence)) return undefined
    const newest = possible.at(-1)!.sequence
    return this.violation(sequence <= newest ? 'lost' : 'invented', `${sent}; found write ${sequence}`)
  }

  private violation(kind: ViolationKind, detail: string): Violation {
    return { kind, key: this.key, detail }
  }
}

function nameOf({ sequence, present }: Version): string {
  return present ? `write ${sequence}` : sequence === 0 ? 'nothing' : `delete ${sequence}`
}
