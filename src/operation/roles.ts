export type Role = 'read' | 'write' | 'admin'

/** What a client may do. It is asked for each operation, and a look-up in a `Set` would hash. */
export class Roles {
  readonly #read: boolean
  readonly #write: boolean
  readonly #admin: boolean

  constructor(roles: readonly Role[]) {
    this.#read = roles.includes('read')
    this.#write = roles.includes('write')
    this.#admin = roles.includes('admin')
  }

  has(role: Role): boolean {
    return role === 'read' ? this.#read : role === 'write' ? this.#write : this.#admin
  }
}
