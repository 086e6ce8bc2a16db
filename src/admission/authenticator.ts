import { createHash, timingSafeEqual } from 'node:crypto'
import type { Client } from '../operation/operation.ts'
import { type Role, Roles } from '../operation/roles.ts'

export interface ClientCredentials {
  readonly name: string
  readonly token: string
  readonly roles: readonly Role[]
}

export interface AuthenticatorSettings {
  readonly clients: readonly ClientCredentials[]
  /** What a request without a token may do; empty: it is refused. */
  readonly anonymousRoles: readonly Role[]
}

/** As HTTP asks: the token alone says who it is; none is the anonymous client, if there is one. */
export interface TokenAuthenticator {
  readonly generation: number
  authenticate(token: Uint8Array | undefined): Client | undefined
}

/** As the Redis protocol asks: a user may be named, and then has to be the token's. */
export interface UserAuthenticator {
  /** Changes whenever an earlier answer may no longer hold. */
  readonly generation: number
  readonly anonymous: Client | undefined
  authenticate(user: string | undefined, token: Uint8Array): Client | undefined
  /**
   * Who a connection is now that was `client` in an earlier generation: the client of that name if its token is still
   * the same, with the roles it has now. Nobody who is known, or the anonymous client, becomes the anonymous client.
   */
  renew(client: Client | undefined): Client | undefined
}

interface KnownClient {
  readonly client: Client
  readonly digest: Buffer
}

/** The user that Redis clients name when none was configured. */
const defaultUser = 'default'

/**
 * Who a token belongs to. Tokens are compared by SHA-256 digests, in constant time, and always all of them, so that the
 * time taken says nothing about any token.
 */
export class Authenticator {
  #generation = 0
  #known: readonly KnownClient[] = []
  #anonymous: Client | undefined
  /** The tokens that clients were known by, of earlier generations too while somebody still refers to them. */
  readonly #digests = new WeakMap<Client, Buffer>()

  readonly byToken: TokenAuthenticator
  readonly byUser: UserAuthenticator

  constructor(settings: AuthenticatorSettings) {
    this.reload(settings)
    const self = this
    this.byToken = {
      get generation() {
        return self.#generation
      },
      authenticate: (token) => (token === undefined ? self.#anonymous : self.#clientOf(token, undefined)),
    }
    this.byUser = {
      get generation() {
        return self.#generation
      },
      get anonymous() {
        return self.#anonymous
      },
      authenticate: (user, token) => self.#clientOf(token, self.#isPlaceholder(user) ? undefined : user),
      renew: (client) => this.#renew(client),
    }
  }

  /** Other clients from now on. */
  reload({ clients, anonymousRoles }: AuthenticatorSettings): void {
    this.#generation++
    this.#known = clients.map(({ name, token, roles }) => ({
      client: { name, roles: new Roles(roles) },
      digest: digestOf(Buffer.from(token)),
    }))
    for (const { client, digest } of this.#known) this.#digests.set(client, digest)
    this.#anonymous = anonymousRoles.length === 0 ? undefined : { name: 'anonymous', roles: new Roles(anonymousRoles) }
  }

  #clientOf(token: Uint8Array, user: string | undefined): Client | undefined {
    const digest = digestOf(token)
    let found: Client | undefined
    for (const known of this.#known) {
      const same = timingSafeEqual(known.digest, digest)
      if (same && (user === undefined || known.client.name === user)) found = known.client
    }
    return found
  }

  #renew(client: Client | undefined): Client | undefined {
    const digest = client && this.#digests.get(client)
    if (client === undefined || digest === undefined) return this.#anonymous
    return this.#known.find((known) => known.client.name === client.name && known.digest.equals(digest))?.client
  }

  /** `default` stands for no user, unless a client is called so. */
  #isPlaceholder(user: string | undefined): boolean {
    return user === defaultUser && !this.#known.some(({ client }) => client.name === defaultUser)
  }
}

function digestOf(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest()
}
