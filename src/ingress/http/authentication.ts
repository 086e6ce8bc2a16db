import type { Client } from '../../operation/operation.ts'
import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'

/** Who a token belongs to. Implemented over the configured clients. */
export interface Authenticator {
  /** Changes whenever an earlier answer may no longer hold, as when clients are reloaded. */
  readonly generation?: number
  /** The client with this token, the anonymous one for no token if there is one; undefined: nobody known. */
  authenticate(token: Uint8Array | undefined): Client | undefined
}

const scheme = Buffer.from('bearer ')

/** Who speaks on one connection. Asked for every request, answered from memory while the credentials stay the same. */
export class ConnectionIdentity {
  private readonly authenticator: Authenticator
  private known = false
  private generation: number | undefined
  private credentials: Buffer | undefined
  private client: Client | undefined

  constructor(authenticator: Authenticator) {
    this.authenticator = authenticator
  }

  /** Undefined: the credentials are unknown, malformed, or missing where nobody may be anonymous. */
  clientOf(head: RequestHead): Client | undefined {
    const same = this.known && this.generation === this.authenticator.generation && this.hasSameCredentials(head)
    if (same) return this.client
    const credentials = head.valueBytes(header.authorization)
    this.known = true
    this.generation = this.authenticator.generation
    this.credentials = credentials && Buffer.from(credentials)
    this.client = this.authenticate(this.credentials)
    return this.client
  }

  private hasSameCredentials(head: RequestHead): boolean {
    const known = this.credentials
    if (!head.has(header.authorization)) return known === undefined
    const start = head.valueStart(header.authorization)
    if (known === undefined || head.valueEnd(header.authorization) - start !== known.length) return false
    for (let i = 0; i < known.length; i++) if (head.bytes[start + i] !== known[i]) return false
    return true
  }

  /** RFC 6750 section 2.1. */
  private authenticate(credentials: Buffer | undefined): Client | undefined {
    if (credentials === undefined) return this.authenticator.authenticate(undefined)
    const isBearer = credentials.subarray(0, scheme.length).toString('latin1').toLowerCase() === scheme.toString()
    const token = credentials.subarray(scheme.length)
    return isBearer && token.length > 0 ? this.authenticator.authenticate(token) : undefined
  }
}
