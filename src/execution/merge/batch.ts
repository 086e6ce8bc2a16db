import type { GatewayError } from '../../errors.ts'
import type { BatchReply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { EachOnce } from './each-once.ts'

type BatchResult = BatchReply['results'][number]

/**
 * Results go to the places of their operations. A shard that fails fails its operations only, each with the outcome
 * the shard gave; if every shard fails, the batch does.
 */
export class Batch extends EachOnce<'batch'> {
  readonly #results: BatchResult[] = []
  #failed = 0
  #replayed = true

  protected fold(step: number, reply: BatchReply): undefined {
    const places = this.steps[step]!.places!
    if (!reply.replayed) this.#replayed = false
    reply.results.forEach((result, i) => {
      this.#results[places[i]!] = own(result)
      if ('kind' in result && result.kind === 'record' && result.record !== undefined) {
        this.bytes += result.record.valueEnd - result.record.valueStart
      }
    })
  }

  override absorb(step: number, error: GatewayError): boolean {
    this.#failed++
    for (const place of this.steps[step]!.places!) this.#results[place] = error
    return this.#failed < this.steps.length
  }

  finish(positions: readonly Position[]): BatchReply {
    const replayed = this.#replayed && this.#failed === 0
    return { kind: 'batch', results: this.#results, watchFailed: false, replayed, positions }
  }
}

/** What a write answers is lent for the call only, and other shards are still to answer. Records are owned. */
function own(result: BatchResult): BatchResult {
  if (!('kind' in result) || result.kind !== 'written' || result.value === undefined) return result
  return { ...result, value: Buffer.from(result.value) }
}
