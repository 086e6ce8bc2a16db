import type { Body } from '../../operation/body.ts'
import type { LeaseInfo, LeaseReply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import type { PlanStep } from '../../routing/plan.ts'
import { EachOnce } from './each-once.ts'

/** The first leases of all shards, by id. Each shard names as many as are wanted; no more than that are kept. */
export class Leases extends EachOnce<'leases'> {
  readonly #limit: number
  #leases: readonly LeaseInfo[] = []
  #more = false

  constructor(steps: readonly PlanStep[], body: Body) {
    super(steps, body, 'leases')
    if (body.kind !== 'lease-list') throw new Error(`a merge of leases of ${body.kind}`)
    this.#limit = body.limit
  }

  protected fold(_step: number, reply: LeaseReply): undefined {
    const all = merged(this.#leases, reply.leases)
    this.#leases = all.slice(0, this.#limit)
    this.#more ||= reply.more === true || all.length > this.#limit
    this.bytes = this.#leases.length * leaseBytes
  }

  finish(positions: readonly Position[]): LeaseReply {
    return { kind: 'leases', leases: this.#leases, more: this.#more, positions }
  }
}

const leaseBytes = 100

/** Both are in order. */
function merged(a: readonly LeaseInfo[], b: readonly LeaseInfo[]): LeaseInfo[] {
  const all: LeaseInfo[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) all.push(a[i]!.id < b[j]!.id ? a[i++]! : b[j++]!)
  return all.concat(a.slice(i), b.slice(j))
}
