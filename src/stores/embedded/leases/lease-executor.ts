import { GatewayError } from '../../../errors.ts'
import type { LeaseBody } from '../../../operation/body.ts'
import type { Handler, Operation } from '../../../operation/operation.ts'
import type { LeaseInfo, LeaseReply } from '../../../operation/reply.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { noPositions } from '../evaluate/written.ts'
import type { Answer } from '../pending-replies.ts'
import { attachmentKey, expiryKind, leaseKey, tombstoneKey } from '../system-keys.ts'
import { encodeLease, type LeaseState, type LeaseTable } from './lease-table.ts'
import { smallestAbove } from './smallest.ts'

const notFound = new GatewayError('lease-not-found', 'The lease does not exist or has ended.', {
  outcome: 'not-applied',
})
const full = new GatewayError('overloaded', 'There are too many leases, or too many keys attached to one.', {
  reason: 'leases-full',
  retryAfterMs: 1000,
  outcome: 'not-applied',
})
const unexpected = new GatewayError('internal', 'A lease revocation reached a store unsplit.', {
  outcome: 'not-applied',
})

const noKeys: readonly Uint8Array[] = []
const maxKeysPerLease = 10_000
const attachmentsPerLease = 8
/** How long a shard remembers that a lease ended: longer than any write that names it can be under way. */
const tombstoneMs = 600_000
const announceAgainMs = 5_000

export interface LeaseExecutorParts {
  readonly table: LeaseTable
  readonly evaluation: Evaluation
  readonly clock: Clock
  readonly maxLeases: number
  /** Hands the answer out once log entry `dependsOn` is durable. */
  answer(operation: Operation, handler: Handler, answer: Answer, dependsOn: number): void
}

/** The leader's part in leases: what is logged, and the clock that is not (R18). */
export class LeaseExecutor {
  readonly #parts: LeaseExecutorParts
  /** The last log entry about a lease; answers from memory wait for it. */
  #lastIndex = 0

  constructor(parts: LeaseExecutorParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#parts.table.leases.size
  }

  execute(body: LeaseBody, operation: Operation, handler: Handler): void {
    const { evaluation } = this.#parts
    evaluation.begin()
    const answer = this.#evaluate(body)
    const dependsOn = Math.max(evaluation.finish(), this.#lastIndex)
    this.#lastIndex = dependsOn
    this.#parts.answer(operation, handler, answer, dependsOn)
  }

  /** Leases whose time is up, or whose revocation was interrupted; each is named again only after a while. */
  due(): number[] {
    const now = this.#parts.clock.now()
    const due: number[] = []
    for (const lease of this.#parts.table.leases.values()) {
      const over = lease.closing || lease.deadline <= now
      if (!over || (lease.announcedAt !== 0 && now - lease.announcedAt < announceAgainMs)) continue
      lease.announcedAt = now
      due.push(lease.id)
    }
    return due
  }

  #evaluate(body: LeaseBody): Answer {
    switch (body.kind) {
      case 'lease-grant':
        return this.#grant(body.id, body.ttlMs)
      case 'lease-keepalive':
        return this.#keepAlive(body.id)
      case 'lease-get':
        return this.#get(body.id)
      case 'lease-list':
        return this.#list(body.after, body.limit)
      case 'lease-attach':
        return this.#attach(body.id, body.key)
      case 'lease-close':
        return this.#close(body.id)
      case 'lease-drop':
        return this.#drop(body.id, body.keys)
      case 'lease-forget':
        return this.#forget(body.id)
      case 'lease-revoke':
        return unexpected
    }
  }

  #grant(id: number, ttlMs: number): Answer {
    const { table, evaluation, clock, maxLeases } = this.#parts
    const known = table.leases.get(id)
    if (known !== undefined) return known.closing ? notFound : this.#reply([known])
    if (table.leases.size >= maxLeases) return full
    evaluation.writeSystem(leaseKey(id), encodeLease(ttlMs, false))
    return this.#reply([table.put(id, ttlMs, clock.now() + ttlMs)])
  }

  #get(id: number): Answer {
    const lease = this.#live(id)
    return lease === undefined ? notFound : this.#reply([lease], true)
  }

  /** Those that `#get` would find, without their keys. */
  #list(after: number, limit: number): Answer {
    const { leases } = this.#parts.table
    const ids = smallestAbove(after, leases.keys(), limit + 1, (id) => this.#live(id) !== undefined)
    const page = ids.slice(0, limit).map((id) => leases.get(id)!)
    return { ...this.#reply(page), more: ids.length > limit }
  }

  #keepAlive(id: number): Answer {
    return this.#with(id, (lease) => {
      lease.deadline = this.#parts.clock.now() + lease.ttlMs
      return undefined
    })
  }

  #attach(id: number, key: Uint8Array): Answer {
    const { table, evaluation, maxLeases } = this.#parts
    return this.#with(id, (lease) => {
      const attached = lease.keys.has(Buffer.from(key).latin1Slice())
      if (attached) return undefined
      if (lease.keys.size >= maxKeysPerLease || table.attachments >= maxLeases * attachmentsPerLease) return full
      evaluation.writeSystem(attachmentKey(id, key), new Uint8Array(0))
      table.attach(id, key)
      return undefined
    })
  }

  #close(id: number): Answer {
    const lease = this.#parts.table.leases.get(id)
    if (lease === undefined) return notFound
    if (!lease.closing) this.#parts.evaluation.writeSystem(leaseKey(id), encodeLease(lease.ttlMs, true))
    lease.closing = true
    lease.announcedAt = this.#parts.clock.now()
    return this.#reply([lease], true)
  }

  #drop(id: number, keys: readonly Uint8Array[]): Answer {
    const { evaluation } = this.#parts
    let count = 0
    for (const key of keys) {
      if (evaluation.look(key)?.lease !== id) continue
      count += 1
      evaluation.erase(key)
    }
    const tombstone = tombstoneKey(id)
    if (evaluation.lookSystem(tombstone) === undefined) {
      evaluation.writeSystem(tombstone, new Uint8Array(0), evaluation.timeAfter(tombstoneMs), expiryKind.tombstone)
    }
    return { kind: 'count', count, positions: noPositions }
  }

  #forget(id: number): Answer {
    const { table, evaluation } = this.#parts
    const lease = table.leases.get(id)
    if (lease === undefined) return this.#reply([])
    for (const key of lease.keys.values()) evaluation.eraseSystem(attachmentKey(id, key))
    evaluation.eraseSystem(leaseKey(id))
    table.remove(id)
    return this.#reply([lease])
  }

  #with(id: number, use: (lease: LeaseState) => GatewayError | undefined): Answer {
    const lease = this.#live(id)
    return lease === undefined ? notFound : (use(lease) ?? this.#reply([lease]))
  }

  #live(id: number): LeaseState | undefined {
    const lease = this.#parts.table.leases.get(id)
    return lease === undefined || lease.closing || lease.deadline <= this.#parts.clock.now() ? undefined : lease
  }

  /** A lease may have thousands of keys: they are copied only for who asked for them. */
  #reply(leases: readonly LeaseState[], withKeys = false): LeaseReply {
    const now = this.#parts.clock.now()
    const infos = leases.map(
      (lease): LeaseInfo => ({
        id: lease.id,
        grantedTtlMs: lease.ttlMs,
        remainingMs: Math.max(0, Math.round(lease.deadline - now)),
        keys: withKeys ? [...lease.keys.values()] : noKeys,
      }),
    )
    return { kind: 'leases', leases: infos, positions: noPositions }
  }
}
