import type { CountReply, MissingShard } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { EachOnce } from './each-once.ts'
import { missingIn } from './reducer.ts'

/** Counts add up. */
export class Sum extends EachOnce<'count'> {
  #count = 0

  protected fold(_step: number, reply: CountReply): undefined {
    this.#count += reply.count
  }

  finish(positions: readonly Position[], missing: readonly MissingShard[]): CountReply {
    return { kind: 'count', count: this.#count, positions, ...missingIn(missing) }
  }
}
