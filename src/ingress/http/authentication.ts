import { GatewayError } from '../../errors.ts'
import type { Client } from '../../operation/operation.ts'
import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'
import type { PageGuard } from './page-guard.ts'

/** Who a token belongs to. Implemented over the configured clients. */
export interface Authenticator {
  /** Changes whenever an earlier answer may no longer hold, as when clients are reloaded. */
  readonly generation?: number
  /** The client with this token, the anonymous one for no token if there is one; undefined: nobody known. */
  authenticate(token: Uint8Array | undefined): Client | undefined
}

const nobody = new GatewayError('unauthenticated', 'Send "Authorization: Bearer <token>" with the token of a client.')

const scheme = Buffer.from('bearer ')

/** Who speaks on one connection. Asked for every request, answered from memory while the credentials stay the same. */
export class ConnectionIdentity {
  private readonly authenticator: Authenticator
  private known = false
  private generation: number | undefined
  private credentials: Buffer | undefined
  private client: Client | undefined
  private readonly pages: PageGuard
  /** The `Host` of a request that was not refused for it. */
  private host: Buffer | undefined

  constructor(authenticator: Authenticator, pages: PageGuard) {
    this.authenticator = authenticator
    this.pages = pages
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

  /** Why the request is turned away, if it is, for whose it is: `client` is what `clientOf` answered. */
  refusalOf(head: RequestHead, client: Client | undefined): GatewayError | undefined {
    if (client === undefined) return nobody
    if (head.has(header.authorization)) return undefined
    return this.refuseHost(head) ?? this.pages.refuseOrigin(head)
  }

  private refuseHost(head: RequestHead): GatewayError | undefined {
    const { pages, host } = this
    if (!pages.looksAtHosts || (host !== undefined && hasValue(head, header.host, host))) return undefined
    const refusal = pages.refuseHost(head.value(header.host))
    const known = refusal === undefined ? head.valueBytes(header.host) : undefined
    if (known !== undefined) this.host = Buffer.from(known)
    return refusal
  }

  private hasSameCredentials(head: RequestHead): boolean {
    const known = this.credentials
    if (!head.has(header.authorization)) return known === undefined
    return known !== undefined && hasValue(head, header.authorization, known)
  }

  /** RFC 6750 section 2.1. */
  private authenticate(credentials: Buffer | undefined): Client | undefined {
    if (credentials === undefined) return this.authenticator.authenticate(undefined)
    const isBearer = credentials.subarray(0, scheme.length).toString('latin1').toLowerCase() === scheme.toString()
    const token = credentials.subarray(scheme.length)
    return isBearer && token.length > 0 ? this.authenticator.authenticate(token) : undefined
  }
}

/** Whether a header has these bytes as its value. */
function hasValue(head: RequestHead, id: number, bytes: Buffer): boolean {
  if (!head.has(id)) return false
  const start = head.valueStart(id)
  if (head.valueEnd(id) - start !== bytes.length) return false
  for (let i = 0; i < bytes.length; i++) if (head.bytes[start + i] !== bytes[i]) return false
  return true
}
