import type { Seen } from './checkers/linearizable.ts'
import type { Answer, SimNode } from './sim-node.ts'
import type { World } from './world.ts'

export interface ClientTotals {
  acknowledged: number
  read: number
  refused: number
  unknown: number
}

const givesUpMs = 3_000
const thinksMs = [5, 40] as const

/** Writes and reads registers through any node, one operation after the other, and remembers what it saw. */
export class SimClient {
  readonly history: Seen[] = []
  readonly #name: string
  readonly #world: World
  readonly #nodes: readonly SimNode[]
  readonly #keys: number
  readonly #totals: ClientTotals
  readonly #nextValue: () => number
  #stopped = false

  constructor(
    name: string,
    world: World,
    nodes: readonly SimNode[],
    shared: { readonly keys: number; readonly totals: ClientTotals; readonly nextValue: () => number },
  ) {
    this.#name = name
    this.#world = world
    this.#nodes = nodes
    this.#keys = shared.keys
    this.#totals = shared.totals
    this.#nextValue = shared.nextValue
    this.#thenNext()
  }

  stop(): void {
    this.#stopped = true
  }

  #thenNext(): void {
    this.#world.after(this.#world.between(...thinksMs), () => {
      if (!this.#stopped) this.#next()
    })
  }

  #next(): void {
    const world = this.#world
    const node = world.pick(this.#nodes)
    const key = 1 + world.random.integer(this.#keys)
    if (!node.listening) return this.#thenNext()
    if (world.chance(0.5)) this.#write(node, key)
    else this.#read(node, key)
  }

  #write(node: SimNode, key: number): void {
    const value = this.#nextValue()
    const from = this.#world.now
    this.#ask(
      (done) => node.handle({ kind: 'write', id: value, key, value }, done),
      (answer) => {
        if (answer.kind === 'not-applied') this.#totals.refused++
        else if (answer.kind === 'ok') this.#totals.acknowledged++
        else this.#totals.unknown++
        if (answer.kind === 'not-applied') return
        const until = answer.kind === 'ok' ? this.#world.now : Number.POSITIVE_INFINITY
        this.history.push({ kind: 'write', client: this.#name, key, value, from, until })
      },
    )
  }

  #read(node: SimNode, key: number): void {
    const from = this.#world.now
    this.#ask(
      (done) => node.read(key, done),
      (answer) => {
        if (answer.kind !== 'ok') return
        this.#totals.read++
        const until = this.#world.now
        this.history.push({ kind: 'read', client: this.#name, key, value: answer.value!, from, until })
      },
    )
  }

  #ask(send: (done: (answer: Answer) => void) => void, hear: (answer: Answer) => void): void {
    let over = false
    const done = (answer: Answer): void => {
      if (over) return
      over = true
      hear(answer)
      this.#thenNext()
    }
    this.#world.after(givesUpMs, () => done({ kind: 'unknown' }))
    this.#world.after(this.#world.between(0.05, 0.5), () => {
      send((answer) => this.#world.after(this.#world.between(0.05, 0.5), () => done(answer)))
    })
  }
}
