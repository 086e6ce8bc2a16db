import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Role } from '../operation/operation.ts'
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
  private readonly anonymous: boolean
  private readonly clients: readonly { readonly name: string; readonly admin: boolean; readonly digest: Buffer }[]
  private readonly secret: Buffer

  constructor(settings: AccessSettings, random: Random) {
    this.secret = random.bytes(32)
    this.anonymous = settings.anonymousRoles.includes('admin')
    this.clients = settings.clients.map(({ name, token, roles }) => ({
      name,
      admin: roles.includes('admin'),
      digest: this.digest(token),
    }))
  }

  /** Whether some requests need no token: then a page of another origin must be kept out by other means. */
  get open(): boolean {
    return this.anonymous
  }

  /** `authorization` is the header's value. A wrong token is refused even where none is needed. */
  check(authorization: string | undefined): Access {
    if (authorization === undefined) return this.anonymous ? { client: 'anonymous' } : { refused: 'missing' }
    const token = bearer.exec(authorization)?.[1]
    const client = token === undefined ? undefined : this.clientOf(token)
    if (client === undefined) return { refused: 'unknown' }
    return client.admin ? { client: client.name } : { refused: 'role' }
  }

  /** Compares digests of one length with every client's, so that the time tells nothing about any token. */
  private clientOf(token: string) {
    const digest = this.digest(token)
    let found: (typeof this.clients)[number] | undefined
    for (const client of this.clients) if (timingSafeEqual(client.digest, digest)) found = client
    return found
  }

  private digest(token: string): Buffer {
    return createHmac('sha256', this.secret).update(token).digest()
  }
}
