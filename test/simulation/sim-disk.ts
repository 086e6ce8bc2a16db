import type { World } from './world.ts'

/** An entry of the simulated log: a barrier, or a write of one register. */
export interface SimEntry {
  readonly epoch: number
  readonly index: number
  readonly write: { readonly id: number; readonly key: number; readonly value: number } | undefined
}

/** What stands beside the log, each part written whole. */
export interface SimMeta {
  readonly disk: string
  readonly starts: number
  readonly promised: number
  /** Entries up to here are in the engine. */
  readonly applied: number
}

type Change =
  | { readonly kind: 'append'; readonly entries: readonly SimEntry[] }
  | { readonly kind: 'cut'; readonly index: number }
  | { readonly kind: 'meta'; readonly patch: Partial<SimMeta> }

interface Content {
  meta: SimMeta
  /** Entry `index` is at `index - 1`. */
  entries: SimEntry[]
}

const blank: SimMeta = { disk: '', starts: 0, promised: 0, applied: 0 }

/**
 * The disk of a node: what was synced survives everything but the loss of the disk; of what was not, a power cut leaves
 * a beginning. The end of a process alone loses nothing.
 */
export class SimDisk {
  readonly #world: World
  #durable: Content = { meta: blank, entries: [] }
  #unsynced: Change[] = []
  /** As a process sees it. */
  #seen: Content = { meta: blank, entries: [] }
  #saved: Content | undefined
  /** Of a sync. */
  latencyMs: readonly [number, number] = [0.2, 3]

  constructor(world: World) {
    this.#world = world
  }

  get meta(): SimMeta {
    return this.#seen.meta
  }

  get entries(): readonly SimEntry[] {
    return this.#seen.entries
  }

  append(entries: readonly SimEntry[]): void {
    this.#change({ kind: 'append', entries })
  }

  cut(index: number): void {
    this.#change({ kind: 'cut', index })
  }

  write(patch: Partial<SimMeta>): void {
    this.#change({ kind: 'meta', patch })
  }

  /** Calls `done` when everything that was written before is durable. */
  sync(done: () => void): void {
    const last = this.#unsynced.at(-1)
    this.#world.after(this.#world.between(...this.latencyMs), () => {
      const count = last === undefined ? 0 : this.#unsynced.indexOf(last) + 1
      for (const change of this.#unsynced.splice(0, count)) carryOut(this.#durable, change)
      done()
    })
  }

  powerCut(): void {
    for (const change of this.#unsynced.splice(0, this.#world.random.integer(this.#unsynced.length + 1))) {
      carryOut(this.#durable, change)
    }
    this.#unsynced = []
    this.#seen = copyOf(this.#durable)
  }

  /** Remembers what is durable, for `restore`. */
  save(): void {
    this.#saved = copyOf(this.#durable)
  }

  /**
   * An operator puts an old copy back, one made before the node started last: another could not be told from the disk
   * itself (R3). False if there is none.
   */
  restore(): boolean {
    if (this.#saved === undefined || this.#saved.meta.starts >= this.#durable.meta.starts) return false
    this.#replace(copyOf(this.#saved))
    return true
  }

  /** A new, empty disk. */
  lose(): void {
    this.#saved = undefined
    this.#replace({ meta: blank, entries: [] })
  }

  #replace(content: Content): void {
    this.#durable = content
    this.#unsynced = []
    this.#seen = copyOf(content)
  }

  #change(change: Change): void {
    this.#unsynced.push(change)
    carryOut(this.#seen, change)
  }
}

function carryOut(content: Content, change: Change): void {
  if (change.kind === 'append') content.entries.push(...change.entries)
  else if (change.kind === 'cut') content.entries.length = Math.min(content.entries.length, change.index)
  else content.meta = { ...content.meta, ...change.patch }
}

function copyOf({ meta, entries }: Content): Content {
  return { meta, entries: [...entries] }
}
