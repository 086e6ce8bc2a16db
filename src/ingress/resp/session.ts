import type { Watch } from '../../operation/body.ts'
import type { Client } from '../../operation/operation.ts'
import { mayRead, mayWrite } from './commands/command.ts'
import type { ReceiveBudget } from './receive-budget.ts'
import type { Authenticator } from './resp-server.ts'
import { SessionToken } from './session-token.ts'
import type { Transaction } from './transaction.ts'

/** What a watched key takes beside its bytes, about. */
const keptWatchBytes = 512

/** What a connection remembers from command to command. */
export class Session {
  readonly id: number
  readonly address: string
  readonly localAddress: string
  /** Monotonic milliseconds. */
  readonly startedAt: number
  /** When the last command came; monotonic milliseconds. */
  activeAt: number
  /** What CLIENT SETNAME said; empty: nothing. */
  name = ''
  lastCommand = 'NULL'
  transaction: Transaction | undefined
  private watched: Watch[] = []
  private watchedBytes = 0
  private readonly budget: ReceiveBudget
  /** Set by QUIT: the connection closes once everything has been answered. */
  leaving = false
  readonly token = new SessionToken()
  /** `mayRead` and `mayWrite` of the client. */
  rights = 0
  /** Since when nobody is known to be on the other side, if nobody is; monotonic milliseconds. */
  unknownSince: number
  private known: Client | undefined
  private readonly authenticator: Authenticator
  /** The authenticator's generation that `client` belongs to. */
  private generation: number

  constructor(
    id: number,
    address: string,
    localAddress: string,
    startedAt: number,
    authenticator: Authenticator,
    budget: ReceiveBudget,
  ) {
    this.id = id
    this.address = address
    this.localAddress = localAddress
    this.startedAt = startedAt
    this.activeAt = startedAt
    this.unknownSince = startedAt
    this.authenticator = authenticator
    this.budget = budget
    this.generation = authenticator.generation
    this.become(authenticator.anonymous, startedAt)
  }

  /** Ends the transaction, if there is one, and forgets the watches. */
  endTransaction(): void {
    this.transaction?.release()
    this.transaction = undefined
    this.unwatch()
  }

  get watches(): readonly Watch[] {
    return this.watched
  }

  /** Adds to the watches; false if there is no memory for them, and then nothing has changed. */
  watch(watches: readonly Watch[]): boolean {
    let bytes = this.watchedBytes
    for (const { key } of watches) bytes += keptWatchBytes + key.length
    if (!this.budget.resize(this.watchedBytes, bytes)) return false
    this.watchedBytes = bytes
    this.watched.push(...watches)
    return true
  }

  unwatch(): void {
    this.budget.resize(this.watchedBytes, 0)
    this.watchedBytes = 0
    this.watched = []
  }

  /** Undefined: has to authenticate first. */
  get client(): Client | undefined {
    return this.known
  }

  /** From now on the client on the other side is this one, or not known. */
  become(client: Client | undefined, nowMs: number): void {
    if (client === undefined && this.known !== undefined) this.unknownSince = nowMs
    this.known = client
    this.rights = client === undefined ? 0 : rightsOf(client)
  }

  /**
   * Follows a change of the configured clients: roles may be others, and a token that nobody has any more is void. What
   * was queued under other rights will not be executed.
   */
  renew(nowMs: number): void {
    const { generation } = this.authenticator
    if (generation === this.generation) return
    this.generation = generation
    const { rights } = this
    this.become(this.authenticator.renew(this.known), nowMs)
    if (this.rights !== rights) this.transaction?.break()
  }
}

function rightsOf(client: Client): number {
  return (client.roles.has('read') ? mayRead : 0) | (client.roles.has('write') ? mayWrite : 0)
}
