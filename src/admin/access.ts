import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Role } from '../operation/roles.ts'
import type { Random } from '../runtime/random.ts'
import type { AdminClient } from './node-view.ts'

export interface AccessSettings {
  readonly anonymousRoles: readonly Role[]
  readonly clients: readonly AdminClient[]
}

/** - `missing`: no token, and nobody may come without; `unknown`: a token that is nobody's; `role`: not an admin. */
export type Access = { readonly client: string } | { readonly refused: 'missing' | 'unknown' | 'role' }

const bearer = /^bearer +([\x21-\x7e]{1,4096})$/i

/** Decides who may use the admin port. */
export class AccessControl {
  private readonly settings: AccessSettings
  private readonly secret: Buffer
  private known: readonly AdminClient[] | undefined
  private clients: readonly { readonly name: string; readonly admin: boolean; readonly digest: Buffer }[] = []

  /** `settings` are looked at for each request: its members may be replaced when the configuration is reloaded. */
  constructor(settings: AccessSettings, random: Random) {
    this.settings = settings
    this.secret = random.bytes(32)
  }

  /** Whether some requests need no token: then a page of another origin must be kept out by other means. */
  get open(): boolean {
    return this.settings.anonymousRoles.includes('admin')
  }

  /** `authorization` is the header's value. A wrong token is refused even where none is needed. */
  check(authorization: string | undefined): Access {
    if (authorization === undefined) return this.open ? { client: 'anonymous' } : { refused: 'missing' }
    const token = bearer.exec(authorization)?.[1]
    const client = token === undefined ? undefined : this.clientOf(token)
    if (client === undefined) return { refused: 'unknown' }
    return client.admin ? { client: client.name } : { refused: 'role' }
  }

  /** Compares digests of one length with every client's, so that the time tells nothing about any token. */
  private clientOf(token: string) {
    const digest = this.digest(token)
    this.refresh()
    let found: (typeof this.clients)[number] | undefined
    for (const client of this.clients) if (timingSafeEqual(client.digest, digest)) found = client
    return found
  }

  private refresh(): void {
    if (this.known === this.settings.clients) return
    this.known = this.settings.clients
    this.clients = this.known.map(({ name, token, roles }) => ({
      name,
      admin: roles.includes('admin'),
      digest: this.digest(token),
    }))
  }

  private digest(token: string): Buffer {
    return createHmac('sha256', this.secret).update(token).digest()
  }
}
