import type { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { MissingShard, Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'

/**
 * Makes one answer of the answers of several shards, and says which shard to ask for what: `next` until it has nothing
 * more to ask for now, `take` for every answer, `finish` once `done` or once nothing is asked for nor on its way.
 */
export interface Reducer {
  /** The answer is complete, whatever else may come. */
  readonly done: boolean
  /** Estimate of the bytes held. */
  readonly bytes: number
  /** Place of a step to ask now. */
  next(): number | undefined
  /** What to ask it. */
  bodyFor(step: number): Body
  /** Takes an answer in; what the store lent is copied. Answers an error where it cannot be merged. */
  take(step: number, reply: Reply): GatewayError | undefined
  /** Takes a failure in, if the answer can do with it. */
  absorb(step: number, error: GatewayError): boolean
  /** Does without the shard: the client allowed it. */
  leaveOut(step: number): void
  finish(positions: readonly Position[], missing: readonly MissingShard[]): Reply | GatewayError
}

/** The members that go into every reply that may be partial. */
export function missingIn(missing: readonly MissingShard[]): { readonly missing?: readonly MissingShard[] } {
  return missing.length === 0 ? {} : { missing }
}
