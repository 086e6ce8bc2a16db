import { clusterKeys } from '../../src/cluster/coordination/cluster-records.ts'
import { failoverStep } from '../../src/cluster/failover/failover.ts'
import { type Beat, NodeHealth } from '../../src/cluster/health/node-health.ts'
import type { ProposalResult } from '../../src/replication/leader.ts'
import type { RecordedShard, ShardRecord } from '../../src/replication/membership.ts'
import type { ReplicaMessage } from '../../src/replication/messages.ts'
import type { ReplicationSettings } from '../../src/replication/replica-state.ts'
import type { Rules } from '../../src/replication/rules.ts'
import type { Observer } from './observer.ts'
import type { SimCoordinator } from './sim-coordinator.ts'
import type { SimDisk } from './sim-disk.ts'
import type { NetworkUser, SimNetwork } from './sim-network.ts'
import { SimReplica } from './sim-replica.ts'
import type { World } from './world.ts'

export type Answer = { readonly kind: 'ok'; readonly value?: number } | { readonly kind: 'not-applied' | 'unknown' }

export type Request =
  | { readonly kind: 'write'; readonly id: number; readonly key: number; readonly value: number }
  | { readonly kind: 'read-index' }

type Message =
  | { readonly kind: 'replica'; readonly message: ReplicaMessage }
  | { readonly kind: 'beat'; readonly beat: Beat }
  | { readonly kind: 'request'; readonly id: number; readonly request: Request }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }

export interface SimNodeParts {
  readonly world: World
  readonly disk: SimDisk
  readonly coordinator: SimCoordinator
  readonly network: () => SimNetwork
  readonly settings: ReplicationSettings
  readonly rules: Rules
  readonly observer: Observer
  readonly others: readonly string[]
}

const leaseMs = 3_000
const tickMs = 10
const requestTimeoutMs = 3_000
const shardKey = clusterKeys.shard(1)
export const diskKey = (node: string): string => `disks/${node}`

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const decode = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString()) as T

/** A node process: its replica, its heartbeats, and the control loop, which runs on whoever holds the lease for it. */
export class SimNode implements NetworkUser {
  readonly name: string
  readonly #parts: SimNodeParts
  readonly #health = new NodeHealth({ failureTimeoutMs: 3_000, silenceMs: 500 })
  /** Its clock runs neither from the same moment nor as fast as others. */
  readonly #clock: { readonly offset: number; readonly rate: number }
  #generation = 0
  #running = false
  #paused = false
  #deferred: (() => void)[] = []
  #replica: SimReplica | undefined
  #recorded: RecordedShard | undefined
  #epoch = { value: 0, revision: 0 }
  readonly #disks = new Map<string, string>()
  readonly #connected = new Set<string>()
  readonly #requests = new Map<number, { readonly to: string; readonly done: (answer: Answer) => void }>()
  #nextRequest = 1
  #idleSince: number | undefined
  #promoting = false
  #starts = 0

  constructor(name: string, parts: SimNodeParts) {
    this.name = name
    this.#parts = parts
    const { world } = parts
    this.#clock = { offset: world.between(0, 1e6), rate: world.between(0.98, 1.02) }
  }

  get listening(): boolean {
    return this.#running
  }

  get replica(): SimReplica | undefined {
    return this.#replica
  }

  get disk(): SimDisk {
    return this.#parts.disk
  }

  get paused(): boolean {
    return this.#paused
  }

  start(): void {
    this.#generation += 1
    this.#running = true
    this.#starts = this.disk.meta.starts + 1
    const disk = this.disk.meta.disk === '' ? this.#newDisk() : this.disk.meta.disk
    this.disk.write({ starts: this.#starts, disk })
    this.disk.sync(this.#alive(() => this.#register()))
  }

  stop(how: 'kill' | 'power-cut'): void {
    this.#generation += 1
    this.#running = false
    this.#paused = false
    this.#deferred = []
    this.#replica = undefined
    this.#recorded = undefined
    this.#connected.clear()
    this.#requests.clear()
    this.#promoting = false
    if (how === 'power-cut') this.disk.powerCut()
    this.#parts.network().closeAll(this.name)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const task of this.#deferred.splice(0)) task()
  }

  onConnected(peer: string): void {
    this.#alive(() => {
      this.#connected.add(peer)
      this.#health.connected(peer, this.#now())
      this.#replica?.drive((replica, now) => replica.onConnected(peer, now))
    })()
  }

  onDisconnected(peer: string): void {
    this.#alive(() => {
      this.#connected.delete(peer)
      this.#health.disconnected(peer, this.#now())
      this.#replica?.drive((replica, now) => replica.onDisconnected(peer, now))
      for (const [id, { to, done }] of [...this.#requests]) {
        if (to !== peer) continue
        this.#requests.delete(id)
        done({ kind: 'unknown' })
      }
    })()
  }

  onRefused(peer: string): void {
    this.#alive(() => this.#health.refused(peer, this.#now()))()
  }

  onMessage(from: string, message: unknown): void {
    this.#alive(() => this.#receive(from, message as Message))()
  }

  /** A client's request. */
  handle(request: Request, done: (answer: Answer) => void): void {
    this.#alive(() => {
      if (this.#replica === undefined) return done({ kind: 'not-applied' })
      if (this.#replica.leads > 0) return this.#serve(request, done)
      const leader = this.#recorded?.record.leader
      if (leader === undefined || !this.#connected.has(leader)) return done({ kind: 'not-applied' })
      const id = this.#nextRequest++
      this.#requests.set(id, { to: leader, done })
      this.#send(leader, { kind: 'request', id, request })
      const { world } = this.#parts
      world.after(
        requestTimeoutMs,
        this.#alive(() => this.#answered(id, { kind: 'unknown' })),
      )
    })()
  }

  /** A client's consistent read, which this node answers itself. */
  read(key: number, done: (answer: Answer) => void): void {
    this.handle({ kind: 'read-index' }, (answer) => {
      if (answer.kind !== 'ok' || this.#replica === undefined) return done({ kind: 'unknown' })
      this.#replica.readAfter(answer.value!, key, (value) => done({ kind: 'ok', value }))
    })
  }

  #receive(from: string, message: Message): void {
    switch (message.kind) {
      case 'replica':
        return this.#replica?.drive((replica, now) => replica.onMessage(from, message.message, now))
      case 'beat':
        return this.#health.beat(message.beat, this.#now())
      case 'request':
        return this.#serve(message.request, (answer) => this.#send(from, { kind: 'answer', id: message.id, answer }))
      case 'answer':
        return this.#answered(message.id, message.answer)
    }
  }

  #answered(id: number, answer: Answer): void {
    const request = this.#requests.get(id)
    this.#requests.delete(id)
    request?.done(answer)
  }

  #serve(request: Request, done: (answer: Answer) => void): void {
    const replica = this.#replica
    if (replica === undefined) return done({ kind: 'not-applied' })
    if (request.kind === 'write') return replica.write(request, done)
    replica.readIndex((index) => done(index === undefined ? { kind: 'not-applied' } : { kind: 'ok', value: index }))
  }

  #send(to: string, message: Message): void {
    this.#parts.network().send(this.name, to, message)
  }

  /** Rule R3: counts its starts, and is another disk if coordination has counted more of them. */
  #register(): void {
    const { coordinator, rules } = this.#parts
    const again = (): void =>
      this.#parts.world.after(
        200,
        this.#alive(() => this.#register()),
      )
    const get = { compare: [], success: [{ op: 'get', key: diskKey(this.name) }] } as const
    coordinator.transact(
      this.name,
      get,
      this.#alive1((answered) => {
        if (answered.kind === 'unknown') return again()
        const [found] = answered.result.responses
        const item = found?.op === 'get' ? found.item : undefined
        const known = item === undefined ? undefined : decode<{ disk: string; starts: number }>(item.value)
        let { disk } = this.disk.meta
        if (rules['old-disks-are-new'] && known !== undefined && known.disk === disk && known.starts >= this.#starts) {
          disk = this.#newDisk()
        }
        const compare = [{ key: diskKey(this.name), target: 'mod', op: '=', to: item?.modRevision ?? 0 }] as const
        const value = encode({ disk, starts: this.#starts })
        const put = { compare, success: [{ op: 'put', key: diskKey(this.name), value }] } as const
        this.disk.write({ disk })
        this.disk.sync(
          this.#alive(() => {
            coordinator.transact(
              this.name,
              put,
              this.#alive1((end) => {
                if (end.kind === 'unknown' || !end.result.succeeded) return again()
                this.#begin(disk)
              }),
            )
          }),
        )
      }),
    )
  }

  #newDisk(): string {
    return `${this.name}-${this.#parts.world.random.integer(1e9)}`
  }

  #begin(disk: string): void {
    const { settings, rules, observer, coordinator } = this.#parts
    const self = { node: this.name, disk }
    const host = {
      now: () => this.#now(),
      alive: (task: () => void) => this.#alive(task),
      send: (to: string, message: ReplicaMessage) => this.#send(to, { kind: 'replica', message }),
      propose: (record: ShardRecord, revision: number, done: (result: ProposalResult) => void) =>
        this.#propose(record, revision, done),
    }
    this.#replica = new SimReplica({ self, disk: this.disk, settings, rules, observer, host })
    for (const peer of this.#connected) this.#replica.drive((replica, now) => replica.onConnected(peer, now))
    coordinator.watch(this.name, () => this.#alive(() => this.#look())())
    this.#tick()
  }

  #propose(record: ShardRecord, revision: number, done: (result: ProposalResult) => void): void {
    const compare = [{ key: shardKey, target: 'mod', op: '=', to: revision }] as const
    const success = [{ op: 'put', key: shardKey, value: encode(record) }] as const
    const failure = [{ op: 'get', key: shardKey }] as const
    this.#parts.coordinator.transact(
      this.name,
      { compare, success, failure },
      this.#alive1((answered) => {
        if (answered.kind === 'unknown') return done({ kind: 'unknown' })
        const { result } = answered
        if (result.succeeded) return done({ kind: 'done', revision: result.revision })
        const [found] = result.responses
        if (found?.op !== 'get' || found.item === undefined) throw new Error('the shard has no record')
        done({ kind: 'refused', instead: { record: decode(found.item.value), revision: found.item.modRevision } })
      }),
    )
  }

  /** Takes over what coordination says now. */
  #look(): void {
    const { coordinator, others } = this.#parts
    const shard = coordinator.keys.find(shardKey)!
    const epoch = coordinator.keys.find(clusterKeys.epoch)!
    this.#epoch = { value: decode(epoch.value), revision: epoch.modRevision }
    for (const node of [this.name, ...others]) {
      const item = coordinator.keys.find(diskKey(node))
      if (item === undefined) continue
      const { disk } = decode<{ disk: string }>(item.value)
      this.#disks.set(node, disk)
      this.#replica?.drive((replica) => replica.onRegistered(node, disk))
    }
    const recorded = { record: decode<ShardRecord>(shard.value), revision: shard.modRevision }
    this.#recorded = recorded
    this.#replica?.drive((replica, now) => replica.onRecord(recorded, now))
  }

  #tick(): void {
    const { world, coordinator, others } = this.#parts
    this.#replica?.drive((replica, now) => replica.tick(now))
    const now = this.#now()
    if (world.random.integer(5) === 0) {
      coordinator.keepAlive(this.name, leaseMs)
      for (const node of others) {
        this.#send(node, { kind: 'beat', beat: this.#beat() })
        if (coordinator.reaches(this.name)) this.#health.lease(node, coordinator.holdsLease(node), now)
      }
      this.#health.beat(this.#beat(), now)
      this.#control(now)
    }
    world.after(
      tickMs,
      this.#alive(() => this.#tick()),
    )
  }

  #beat(): Beat {
    const replica = this.#replica!
    const { durable, self } = replica.replica.state
    return { node: this.name, disk: self.disk, replicas: [{ shard: 1, leads: replica.leads, durable }] }
  }

  /** Every node tries: what it would do wrong, its transaction does not let it. */
  #control(now: number): void {
    const recorded = this.#recorded
    if (recorded === undefined || this.#promoting) return
    const { leader } = recorded.record
    const beat = (node: string) => this.#health.lastBeat(node)?.replicas[0]
    const said = (node: string) => this.#health.lastBeat(node)?.disk
    if (leader !== undefined && beat(leader)?.leads === recorded.record.epoch) this.#idleSince = undefined
    else this.#idleSince ??= now
    const step = failoverStep({
      shard: 1,
      recorded,
      nextEpoch: this.#epoch.value + 1,
      health: (node) => this.#health.of(node, false, now),
      beat,
      disk: (node) => (said(node) === this.#disks.get(node) ? said(node) : undefined),
      isStandby: () => false,
      idleMs: this.#idleSince === undefined ? 0 : now - this.#idleSince,
      graceMs: 300,
    })
    if (step.kind === 'promote') this.#promote(recorded, step.record)
  }

  #promote({ revision }: RecordedShard, record: ShardRecord): void {
    this.#promoting = true
    const compare = [
      { key: shardKey, target: 'mod', op: '=', to: revision },
      { key: clusterKeys.epoch, target: 'mod', op: '=', to: this.#epoch.revision },
    ] as const
    const success = [
      { op: 'put', key: shardKey, value: encode(record) },
      { op: 'put', key: clusterKeys.epoch, value: encode(record.epoch) },
    ] as const
    this.#parts.coordinator.transact(
      this.name,
      { compare, success },
      this.#alive1(() => {
        this.#promoting = false
        this.#idleSince = undefined
      }),
    )
  }

  #now(): number {
    return this.#clock.offset + this.#parts.world.now * this.#clock.rate
  }

  #alive(task: () => void): () => void {
    const run = this.#alive1<undefined>(task)
    return () => run(undefined)
  }

  #alive1<T>(task: (value: T) => void): (value: T) => void {
    const generation = this.#generation
    const run = (value: T): void => {
      if (generation !== this.#generation || !this.#running) return
      if (this.#paused) this.#deferred.push(() => run(value))
      else task(value)
    }
    return run
  }
}
