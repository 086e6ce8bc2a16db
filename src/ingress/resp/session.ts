import type { Watch } from '../../operation/body.ts'
import type { Client } from '../../operation/operation.ts'
import { mayRead, mayWrite } from './commands/command.ts'
import { SessionToken } from './session-token.ts'
import type { Transaction } from './transaction.ts'

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
  watches: Watch[] = []
  /** Set by QUIT: the connection closes once everything has been answered. */
  leaving = false
  readonly token = new SessionToken()
  private known: Client | undefined
  /** `mayRead` and `mayWrite` of the client. */
  rights = 0

  constructor(id: number, address: string, localAddress: string, startedAt: number, client: Client | undefined) {
    this.id = id
    this.address = address
    this.localAddress = localAddress
    this.startedAt = startedAt
    this.activeAt = startedAt
    this.client = client
  }

  /** Ends the transaction, if there is one, and forgets the watches. */
  endTransaction(): void {
    this.transaction?.release()
    this.transaction = undefined
    this.watches = []
  }

  /** Undefined: has to authenticate first. */
  get client(): Client | undefined {
    return this.known
  }

  set client(client: Client | undefined) {
    this.known = client
    this.rights = client === undefined ? 0 : rightsOf(client)
  }
}

function rightsOf(client: Client): number {
  return (client.roles.has('read') ? mayRead : 0) | (client.roles.has('write') ? mayWrite : 0)
}
