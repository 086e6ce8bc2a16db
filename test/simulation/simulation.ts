import { clusterKeys } from '../../src/cluster/coordination/cluster-records.ts'
import type { ShardRecord } from '../../src/replication/membership.ts'
import { defaultReplicationSettings } from '../../src/replication/replica-state.ts'
import { allRules, type Rules } from '../../src/replication/rules.ts'
import { CommittedStays } from './checkers/committed-stays.ts'
import { checkLinearizable } from './checkers/linearizable.ts'
import { checkLogsMatch } from './checkers/logs-match.ts'
import { OneLeaderPerEpoch } from './checkers/one-leader-per-epoch.ts'
import type { Violation } from './checkers/violations.ts'
import { faults } from './faults.ts'
import { type ClientTotals, SimClient } from './sim-client.ts'
import { SimCoordinator } from './sim-coordinator.ts'
import { SimDisk } from './sim-disk.ts'
import { SimNetwork } from './sim-network.ts'
import { diskKey, SimNode } from './sim-node.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly rules?: Rules
  /** Virtual milliseconds with faults; then everything heals. */
  readonly faultyMs?: number
  /** Told what happens, for a person. */
  readonly note?: (at: number, what: string) => void
}

export interface SimulationResult {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly totals: ClientTotals
  readonly committed: number
  readonly epochs: number
  /** The same for the same seed and code. */
  readonly fingerprint: string
}

const settleMs = 15_000
const shardKey = clusterKeys.shard(1)
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

/** One run of a cluster of three to five nodes from one seed. */
export function simulate(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run()
}

class Simulation {
  readonly #options: SimulationOptions
  readonly #world: World
  readonly #violations: Violation[] = []
  readonly #committed: CommittedStays
  readonly #leaders: OneLeaderPerEpoch
  readonly #coordinator: SimCoordinator
  readonly #nodes = new Map<string, SimNode>()
  readonly #network: SimNetwork
  readonly #totals: ClientTotals = { acknowledged: 0, read: 0, refused: 0, unknown: 0 }
  #values = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#world = new World(options.seed)
    const report = (checker: string, what: string): void => this.#violate(checker, what)
    this.#committed = new CommittedStays(report)
    this.#leaders = new OneLeaderPerEpoch(report)
    this.#coordinator = new SimCoordinator(this.#world)
    const names = Array.from({ length: 3 + this.#world.random.integer(3) }, (_, i) => `n${i + 1}`)
    for (const name of names) this.#nodes.set(name, this.#makeNode(name, names))
    this.#network = new SimNetwork(this.#world, this.#nodes)
    this.#bootstrap(names)
  }

  run(): SimulationResult {
    const { faultyMs = 15_000, seed } = this.#options
    const nodes = [...this.#nodes.values()]
    for (const node of nodes) node.start()
    this.#world.run(1_000)
    const nextValue = (): number => ++this.#values
    const shared = { keys: 4, totals: this.#totals, nextValue }
    const clients = Array.from({ length: 5 }, (_, i) => new SimClient(`c${i + 1}`, this.#world, nodes, shared))
    this.#faultLater(this.#world.now + faultyMs)
    try {
      this.#world.run(this.#world.now + faultyMs)
      this.#heal()
      this.#world.run(this.#world.now + settleMs)
      const before = this.#totals.acknowledged
      this.#world.run(this.#world.now + 3_000)
      if (this.#totals.acknowledged === before)
        this.#violate('heals', 'no write is acknowledged after everything healed')
      for (const client of clients) client.stop()
      this.#world.run(this.#world.now + 5_000)
      this.#checkEnd(clients)
    } catch (error) {
      this.#violate('protocol', error instanceof Error ? error.message : String(error))
    }
    const history = clients.flatMap((client) => client.history)
    checkLinearizable(history, (checker, what) => this.#violate(checker, what))
    const epoch = JSON.parse(Buffer.from(this.#coordinator.keys.find(clusterKeys.epoch)!.value).toString()) as number
    const parts = [this.#world.events, this.#committed.count, epoch, this.#totals, this.#violations.length]
    return {
      seed,
      violations: this.#violations,
      totals: this.#totals,
      committed: this.#committed.count,
      epochs: epoch,
      fingerprint: JSON.stringify(parts),
    }
  }

  #makeNode(name: string, names: readonly string[]): SimNode {
    const world = this.#world
    return new SimNode(name, {
      world,
      disk: new SimDisk(world),
      coordinator: this.#coordinator,
      network: () => this.#network,
      settings: { ...defaultReplicationSettings, minInSync: Math.min(2, names.length - 1) },
      rules: this.#options.rules ?? allRules,
      observer: {
        leads: (node, epoch, entries) => {
          this.#note(`${node} leads epoch ${epoch}`)
          this.#leaders.leads(node, epoch)
          this.#committed.leads(node, epoch, entries)
        },
        commits: (node, epoch, entry) => {
          if (epoch > 0) this.#leaders.leads(node, epoch)
          this.#committed.commits(node, entry)
        },
      },
      others: names.filter((each) => each !== name),
    })
  }

  /** The first node leads; all the others follow without counting until they have caught up. */
  #bootstrap(names: readonly string[]): void {
    const members = names.map((node) => ({ node, disk: `${node}-first` }))
    for (const { node, disk } of members) this.#nodes.get(node)!.disk.write({ disk })
    const [leader, ...learners] = members
    const record: ShardRecord = { epoch: 1, history: 0, leader: leader!.node, inSync: [leader!], learners }
    const puts = [
      { op: 'put', key: shardKey, value: json(record) },
      { op: 'put', key: clusterKeys.epoch, value: json(1) },
    ] as const
    this.#coordinator.carryOut({ compare: [], success: puts })
  }

  #faultLater(until: number): void {
    const world = this.#world
    world.after(world.between(50, 1_500), () => {
      if (world.now >= until) return
      const name = world.pick(Object.keys(faults))
      faults[name]!({
        world,
        nodes: [...this.#nodes.values()],
        network: this.#network,
        coordinator: this.#coordinator,
        mayLose: (node) => this.#mayLose(node),
        note: (what) => this.#note(what),
      })
      this.#faultLater(until)
    })
  }

  #heal(): void {
    this.#note('everything heals')
    this.#network.unblockAll()
    this.#coordinator.unblockAll()
    for (const node of this.#nodes.values()) {
      if (node.paused) node.resume()
      node.disk.latencyMs = [0.2, 3]
    }
  }

  /**
   * Whether another disk of the in-sync set is as it should be: what is promised holds as long as one is. A transaction
   * that is on its way may change who is in the set.
   */
  #mayLose(node: SimNode): boolean {
    const { inSync } = JSON.parse(Buffer.from(this.#coordinator.keys.find(shardKey)!.value).toString()) as ShardRecord
    const good = inSync.filter(({ node: name, disk }) => this.#nodes.get(name)!.disk.meta.disk === disk)
    const registered = this.#coordinator.keys.find(diskKey(node.name))
    if (registered === undefined || this.#coordinator.arriving > 0) return false
    return good.filter(({ node: name }) => name !== node.name).length >= 1
  }

  #checkEnd(clients: readonly SimClient[]): void {
    const logs = new Map([...this.#nodes].map(([name, { disk }]) => [name, disk.entries] as const))
    checkLogsMatch(logs, (checker, what) => this.#violate(checker, what))
    const record = JSON.parse(Buffer.from(this.#coordinator.keys.find(shardKey)!.value).toString()) as ShardRecord
    const entries = logs.get(record.leader ?? '') ?? []
    const written = new Set(entries.map(({ write }) => write?.id))
    for (const { kind, value, until } of clients.flatMap((client) => client.history)) {
      if (kind !== 'write' || until === Number.POSITIVE_INFINITY || written.has(value)) continue
      this.#violate('acknowledged-stays', `write ${value} was acknowledged and is not in the leader's log`)
    }
    for (const [name, node] of this.#nodes) {
      const state = node.replica?.replica.state
      if (state !== undefined && state.applied > state.commit) {
        this.#violate('applied-is-committed', `${name} applied ${state.applied} of ${state.commit}`)
      }
    }
  }

  #violate(checker: string, what: string): void {
    if (this.#violations.length < 20) this.#violations.push({ checker, what, at: this.#world.now })
    this.#note(`VIOLATION of ${checker}: ${what}`)
  }

  #note(what: string): void {
    this.#options.note?.(this.#world.now, what)
  }
}
