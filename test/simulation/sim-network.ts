import type { World } from './world.ts'

/** Whom a connection's events are told to. */
export interface NetworkUser {
  /** Its process runs and listens. */
  readonly listening: boolean
  onConnected(peer: string): void
  onDisconnected(peer: string): void
  onRefused(peer: string): void
  onMessage(from: string, message: unknown): void
}

interface Link {
  open: boolean
  /** Bytes of an old connection never arrive on a new one. */
  generation: number
  /** Since when either direction has been blocked; undefined: it is not. */
  blockedSince: number | undefined
  /** Of each direction, what waits for the network to come back, and when the last message arrives. */
  readonly held: Map<string, (() => void)[]>
  readonly arrival: Map<string, number>
}

const reconnectMs = 20
/** A connection through which nothing comes is given up. */
const timeoutMs = 2_000

/**
 * Connections between nodes as TCP has them: bytes arrive in order or the connection ends. A blocked direction holds what
 * is sent; if it stays blocked, the connection ends for both sides, at a time of its own for each.
 */
export class SimNetwork {
  latencyMs: readonly [number, number] = [0.1, 2]
  readonly #world: World
  readonly #users: ReadonlyMap<string, NetworkUser>
  readonly #links = new Map<string, Link>()
  readonly #blocked = new Set<string>()

  constructor(world: World, users: ReadonlyMap<string, NetworkUser>) {
    this.#world = world
    this.#users = users
    const names = [...users.keys()]
    for (const [i, a] of names.entries()) for (const b of names.slice(i + 1)) this.#watchOver(a, b)
  }

  send(from: string, to: string, message: unknown): void {
    const link = this.#link(from, to)
    if (!link.open) return
    const { generation } = link
    const deliver = (): void => {
      if (link.open && link.generation === generation) this.#users.get(to)!.onMessage(from, message)
    }
    const at = Math.max(link.arrival.get(to) ?? 0, this.#world.now + this.#world.between(...this.latencyMs))
    link.arrival.set(to, at)
    this.#world.after(at - this.#world.now, () => {
      const held = link.held.get(to)
      if (this.#isBlocked(from, to)) link.held.set(to, [...(held ?? []), deliver])
      else deliver()
    })
  }

  block(from: string, to: string): void {
    this.#blocked.add(`${from}>${to}`)
    const link = this.#link(from, to)
    const since = this.#world.now
    link.blockedSince ??= since
    this.#world.after(timeoutMs, () => {
      if (link.blockedSince === since) this.close(from, to)
    })
  }

  unblockAll(): void {
    this.#blocked.clear()
    for (const link of this.#links.values()) {
      link.blockedSince = undefined
      for (const [to, held] of [...link.held]) {
        link.held.delete(to)
        for (const deliver of held) deliver()
      }
    }
  }

  /** Ends a connection; both sides hear of it, unless their process is gone. */
  close(a: string, b: string): void {
    const link = this.#link(a, b)
    if (!link.open) return
    link.open = false
    link.generation += 1
    link.held.clear()
    for (const [user, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#world.after(this.#world.between(0.05, 1), () => {
        if (this.#users.get(user)!.listening) this.#users.get(user)!.onDisconnected(peer)
      })
    }
  }

  /** The process of `node` has ended. */
  closeAll(node: string): void {
    for (const other of this.#users.keys()) if (other !== node) this.close(node, other)
  }

  #isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`)
  }

  #watchOver(a: string, b: string): void {
    this.#world.after(this.#world.between(reconnectMs / 2, reconnectMs), () => {
      this.#connect(a, b)
      this.#watchOver(a, b)
    })
  }

  #connect(a: string, b: string): void {
    const link = this.#link(a, b)
    if (link.open || this.#isBlocked(a, b) || this.#isBlocked(b, a)) return
    const [one, other] = [this.#users.get(a)!, this.#users.get(b)!]
    if (one.listening && other.listening) {
      link.open = true
      link.generation += 1
      link.arrival.clear()
      one.onConnected(b)
      other.onConnected(a)
    } else if (one.listening) one.onRefused(b)
    else if (other.listening) other.onRefused(a)
  }

  #link(a: string, b: string): Link {
    const name = a < b ? `${a}-${b}` : `${b}-${a}`
    let link = this.#links.get(name)
    if (link === undefined) {
      link = { open: false, generation: 0, blockedSince: undefined, held: new Map(), arrival: new Map() }
      this.#links.set(name, link)
    }
    return link
  }
}
