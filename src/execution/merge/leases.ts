import type { LeaseInfo, LeaseReply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { EachOnce } from './each-once.ts'

/** All leases, by id. */
export class Leases extends EachOnce<'leases'> {
  readonly #leases: LeaseInfo[] = []

  protected fold(_step: number, reply: LeaseReply): undefined {
    for (const lease of reply.leases) {
      this.#leases.push(lease)
      this.bytes += leaseBytes
      for (const key of lease.keys) this.bytes += key.length
    }
  }

  finish(positions: readonly Position[]): LeaseReply {
    return { kind: 'leases', leases: this.#leases.sort((a, b) => a.id - b.id), positions }
  }
}

const leaseBytes = 100
