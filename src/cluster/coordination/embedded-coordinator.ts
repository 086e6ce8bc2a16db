import type { Runtime } from '../../runtime/runtime.ts'
import {
  type Coordinator,
  type CoordinatorCapabilities,
  CoordinatorError,
  type GetResult,
  type Lease,
  type LeaseId,
  type LeaseStatus,
  type RangeOptions,
  type RangeResult,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchSink,
} from './coordinator.ts'
import type { Entry } from './entry.ts'
import { Journal, type JournalSettings } from './journal.ts'
import type { JournalDirectory } from './journal-file.ts'
import type { KeySpace } from './key-space.ts'
import { LeaseClock } from './lease-clock.ts'
import { evaluate, limited } from './transaction.ts'
import { checkKey, checkPrefix, checkTransaction, maxTransactionOps } from './transaction-rules.ts'
import { WatchHub } from './watch-hub.ts'

export const defaultJournalSettings: JournalSettings = {
  historyRevisions: 1000,
  historyBytes: 512 * 1024,
  journalBytes: 256 * 1024,
}

const maxLeaseMs = 24 * 60 * 60 * 1000

/**
 * Coordination inside this process: one voter, its data in a journal under `dataDir/coordination`. A change is seen by
 * nobody, its maker included, before it is on disk. Changes run one after the other.
 */
export class EmbeddedCoordinator implements Coordinator {
  readonly capabilities: CoordinatorCapabilities = {
    transactionOps: maxTransactionOps,
    leaseResolutionMs: 1,
    leaseMinMs: 1,
    durable: true,
  }
  /** Bytes of an unacknowledged last write that opening cut off. */
  readonly tornBytes: number
  private readonly runtime: Runtime
  private readonly journal: Journal
  private readonly space: KeySpace
  private readonly leases: LeaseClock
  private readonly hub: WatchHub
  private last: Promise<unknown> = Promise.resolve()
  private closed = false

  /** Use `openEmbeddedCoordinator`. */
  constructor(runtime: Runtime, journal: Journal, space: KeySpace, tornBytes: number) {
    this.runtime = runtime
    this.journal = journal
    this.space = space
    this.tornBytes = tornBytes
    this.hub = new WatchHub(space, runtime.timers)
    this.leases = new LeaseClock(runtime, (id) => this.expire(id))
    for (const [id, { ttlMs }] of space.leases) this.leases.start(id, ttlMs)
  }

  /** The last revision, for status pages; no promise, no wait. */
  get revision(): number {
    return this.space.revision
  }

  async get(key: string): Promise<GetResult> {
    checkKey(key)
    this.checkOpen()
    return { revision: this.space.revision, item: this.space.find(key) }
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    checkPrefix(prefix)
    this.checkOpen()
    return { revision: this.space.revision, ...limited(this.space, prefix, options.limit) }
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction)
    return await this.exclusively(async () => {
      const { succeeded, responses, changes } = evaluate(this.space, transaction, this.space.revision + 1)
      for (const change of changes) {
        if (change.type === 'put' && change.lease !== undefined && !this.leases.runs(change.lease))
          throw leaseNotFound(change.lease)
      }
      if (changes.length > 0) {
        await this.commit({ kind: 'commit', revision: this.space.revision + 1, changes, ended: undefined })
      }
      return { succeeded, revision: this.space.revision, responses }
    })
  }

  async grant(ttlMs: number): Promise<Lease> {
    if (!(Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= maxLeaseMs)) {
      throw new CoordinatorError('invalid', `a lease lasts 1..${maxLeaseMs} ms`)
    }
    const id = this.runtime.random.bytes(8).toString('hex')
    return await this.exclusively(async () => {
      await this.commit({ kind: 'grant', id, ttlMs })
      this.leases.start(id, ttlMs)
      return { id, ttlMs }
    })
  }

  async keepAlive(id: LeaseId): Promise<Lease> {
    this.checkOpen()
    const lease = this.space.leases.get(id)
    if (lease === undefined || !this.leases.renew(id)) throw leaseNotFound(id)
    return { id, ttlMs: lease.ttlMs }
  }

  async revoke(id: LeaseId): Promise<void> {
    await this.exclusively(async () => {
      if (!this.space.leases.has(id)) throw leaseNotFound(id)
      await this.end(id)
    })
  }

  async timeToLive(id: LeaseId): Promise<LeaseStatus | undefined> {
    this.checkOpen()
    const lease = this.space.leases.get(id)
    if (lease === undefined) return undefined
    return { id, ttlMs: lease.ttlMs, remainingMs: this.leases.remainingMs(id), keys: [...lease.keys].sort() }
  }

  watch(prefix: string, fromRevision: number, sink: WatchSink): Watch {
    checkPrefix(prefix)
    this.checkOpen()
    return this.hub.watch(prefix, fromRevision, sink)
  }

  /** Forgets events below `revision`; history is bounded without it, too. */
  async compact(revision: number): Promise<void> {
    await this.exclusively(async () => {
      if (!(Number.isInteger(revision) && revision >= 1 && revision <= this.space.revision + 1)) {
        throw new CoordinatorError('invalid', 'only the past can be compacted')
      }
      await this.commit({ kind: 'compact', revision })
    })
  }

  /** Finishes the change under way, then closes. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.last
    this.leases.close()
    await this.journal.close()
    this.hub.close()
  }

  private async end(id: LeaseId): Promise<void> {
    const keys = [...(this.space.leases.get(id)?.keys ?? [])].sort()
    const revision = keys.length === 0 ? this.space.revision : this.space.revision + 1
    const changes = keys.map((key) => ({ type: 'delete', key }) as const)
    await this.commit({ kind: 'commit', revision, changes, ended: id })
    this.leases.stop(id)
  }

  private expire(id: LeaseId): void {
    const ended = this.exclusively(async () => {
      if (this.space.leases.has(id)) await this.end(id)
    })
    // A journal that fails says so to whoever changes something next; an expired lease already answers "not found".
    ended.catch(() => undefined)
  }

  private async commit(entry: Entry): Promise<void> {
    await this.journal.compact(this.space)
    await this.journal.append(entry)
    this.space.apply(entry)
    this.hub.schedule()
  }

  private exclusively<T>(task: () => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(closedError())
    const result = this.last.then(task)
    this.last = result.catch(() => undefined)
    return result
  }

  private checkOpen(): void {
    if (this.closed) throw closedError()
  }
}

/** Opens the coordination data of a directory, creating it if it is empty. @throws CoordinatorError `corrupt`. */
export async function openEmbeddedCoordinator(
  directory: JournalDirectory,
  runtime: Runtime,
  settings: JournalSettings = defaultJournalSettings,
): Promise<EmbeddedCoordinator> {
  const journal = new Journal(directory, settings)
  const { space, tornBytes } = await journal.open()
  return new EmbeddedCoordinator(runtime, journal, space, tornBytes)
}

function leaseNotFound(id: LeaseId): CoordinatorError {
  return new CoordinatorError('lease-not-found', `there is no lease ${id}`)
}

function closedError(): CoordinatorError {
  return new CoordinatorError('closed', 'the coordinator is closed')
}
