import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type AdminServer, createAdminServer } from './admin/admin-server.ts'
import { NodeHealth } from './admin/health.ts'
import type { AdminSettings } from './admin/node-view.ts'
import { Admission } from './admission/admission.ts'
import { Authenticator } from './admission/authenticator.ts'
import { DataPlane } from './assembly/data-plane.ts'
import { endInTurn } from './assembly/end-in-turn.ts'
import { makeShardFolders, refuseOtherEngine, shardsIn } from './assembly/engine-of-data.ts'
import { executionObserver } from './assembly/measurements.ts'
import { type NodeParts, nodeViewOf } from './assembly/node-view.ts'
import { createStore } from './assembly/open-store.ts'
import { queueBytesOf } from './assembly/queue-bytes.ts'
import { whyRefused } from './assembly/refusal-warnings.ts'
import { Reload } from './assembly/reload.ts'
import { tryPorts } from './assembly/try-ports.ts'
import {
  bootstrap,
  type ClusterState,
  recordStore,
  renewEpochs,
  storeBefore,
} from './cluster/coordination/cluster-state.ts'
import { type EmbeddedCoordinator, openEmbeddedCoordinator } from './cluster/coordination/embedded-coordinator.ts'
import { journalDirectory } from './cluster/coordination/journal-file.ts'
import type { LoadResult } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { Gateway } from './gateway.ts'
import type { ConnectionRefusal } from './ingress/connection-limits.ts'
import { QueryMemory } from './operation/query/query-memory.ts'
import { Topology } from './routing/topology.ts'
import { makeFolder } from './runtime/make-folder.ts'
import { type Runtime, systemRuntime } from './runtime/runtime.ts'
import { SteadyClock } from './runtime/steady-clock.ts'
import { type DataLock, lockData } from './stores/data-lock.ts'
import type { EmbeddedStore } from './stores/embedded/embedded-store.ts'
import { causeOf } from './stores/embedded/shard-failure.ts'
import { ControlEvents } from './telemetry/control-events.ts'
import { createLog, type DecisionLog, decision } from './telemetry/log.ts'
import { Telemetry } from './telemetry/telemetry.ts'

export interface NodeAddress {
  readonly host: string
  readonly port: number
}

/** A node that serves. */
export interface RunningNode {
  /** As bound: port 0 of the settings is a real port here. */
  readonly addresses: { readonly http: NodeAddress; readonly resp: NodeAddress; readonly admin: NodeAddress }
  /** Resolves when the node has been asked to stop through the admin port. */
  readonly stopRequested: Promise<void>
  /** Reads the configuration again and takes over what it can; says what in its log. */
  reload(why: string): void
  /** Takes nothing new, finishes what runs, closes the store. */
  stop(): Promise<void>
}

export interface StartOptions {
  /** Reads the configuration again, for `headgate reload`. */
  readonly load?: () => LoadResult
}

const runtime: Runtime = { ...systemRuntime, clock: new SteadyClock(systemRuntime.clock) }
/** Parts of one operation that are under way at once: the rest of a wide one waits, so that it does not take all permits. */
const maxShardsInFlight = 16
const maxRevocations = 16
/** Of the largest queries, so many fit the memory that all queries share. */
const queriesTogether = 2

const coordinationIn = (dataDir: string): string => join(dataDir, 'coordination')

/** Brings up a node of one process with all roles (Mach I). Throws with the cause if it cannot serve. */
export async function startNode(settings: Settings, options: StartOptions = {}): Promise<RunningNode> {
  const node = new Node(settings, options, await Telemetry.create(runtime))
  try {
    await node.start()
  } catch (error) {
    await node.abandon(error)
    throw error
  }
  return node
}

class Node implements RunningNode {
  readonly #settings: Settings
  #security: Settings['security']
  readonly #parts: NodeParts
  readonly #log: DecisionLog
  readonly #health: NodeHealth
  readonly #telemetry: Telemetry
  readonly #authenticator: Authenticator
  readonly #admission: Admission
  readonly #admin: AdminServer
  readonly #queries: QueryMemory
  readonly #reload: Reload
  #requestStop: () => void = () => undefined
  #lock: DataLock | undefined
  #coordinator: EmbeddedCoordinator | undefined
  #store: EmbeddedStore | undefined
  #gateway: Gateway | undefined
  #dataPlane: DataPlane | undefined
  #stopping: Promise<void> | undefined

  readonly stopRequested: Promise<void>

  constructor(settings: Settings, { load }: StartOptions, telemetry: Telemetry) {
    this.#settings = settings
    this.#security = settings.security
    this.#telemetry = telemetry
    this.#queries = new QueryMemory(runtime, queriesTogether * settings.limits.mergeBudgetBytes)
    this.stopRequested = new Promise((resolve) => {
      this.#requestStop = resolve
    })
    const { level } = settings.log
    const logger = createLog({ level, cluster: settings.cluster, nodeId: settings.node.id })
    this.#log = { logger, events: new ControlEvents(runtime.clock) }
    this.#health = new NodeHealth(runtime.clock.now, ({ phase, why }) => decision(this.#log, `node-${phase}`, why))
    this.#authenticator = new Authenticator(settings.security)
    this.#admission = new Admission({ rates: ratesOf(settings) })
    const listeners = () => [...(this.#dataPlane?.readings() ?? []), this.#admin.reading()]
    const unknown = { cluster: undefined, coordination: undefined, store: undefined, gateway: undefined }
    this.#parts = { settings, queries: this.#queries, ...unknown, listeners }
    this.#reload = new Reload(settings, load ?? (() => ({ ok: true, settings, warnings: [] })), (fresh) =>
      this.#take(fresh),
    )
    this.#admin = createAdminServer({
      settings: this.#adminSettings(settings),
      runtime,
      log: this.#log,
      telemetry: this.#telemetry,
      health: this.#health,
      node: nodeViewOf(this.#parts),
      control: { drain: (why) => this.#drain(why), reload: async (dryRun) => this.#reload.run(dryRun) },
    })
  }

  get addresses(): RunningNode['addresses'] {
    const { host } = this.#settings.listen.admin
    return {
      http: this.#dataPlane!.address('http'),
      resp: this.#dataPlane!.address('resp'),
      admin: { host, port: this.#admin.port! },
    }
  }

  async start(): Promise<void> {
    const { dataDir } = this.#settings.node
    if (!existsSync(coordinationIn(dataDir))) await tryPorts(this.#settings)
    makeFolder(dataDir, 0o700)
    this.#lock = await lockData(dataDir, runtime.random)
    refuseOtherEngine(dataDir, this.#settings.store.engine)
    this.#health.enter('recovering', 'opening the store')
    const cluster = await this.#coordinate()
    await allEnded([this.#admin.listen(), this.#openStore(cluster)])
    await this.#serve(cluster)
    this.#health.enter('ready', 'the data ports are open')
  }

  reload(why: string): void {
    const { problems, ...report } = this.#reload.run(false)
    if (problems.length === 0) decision(this.#log, 'reloaded', why, report)
    else {
      const stays = `${why}: the configuration is not valid; the old one stays in force`
      decision(this.#log, 'reload-refused', stays, { problems }, 'warn')
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  /** After a start that failed, whose error is the one to be heard, also if closing what was opened fails. */
  async abandon(failure: unknown): Promise<void> {
    this.#log.logger.debug({ err: failure }, 'the start failed: closing what it had opened')
    try {
      await this.stop()
    } catch (error) {
      this.#log.logger.error({ err: error }, 'what a failed start had opened could not be closed')
    }
  }

  async #coordinate(): Promise<ClusterState> {
    const { node, cluster, sharding, store } = this.#settings
    const coordinator = await openEmbeddedCoordinator(journalDirectory(coordinationIn(node.dataDir)), runtime)
    this.#coordinator = coordinator
    this.#parts.coordination = () => ({ kind: 'embedded', ok: true, revision: coordinator.revision })
    const { engine, durability } = store
    const existingShards = shardsIn(node.dataDir)
    const wanted = { cluster, nodeId: node.id, shards: sharding.shards, store: { engine, durability }, existingShards }
    const before = await storeBefore(coordinator, wanted)
    // Made before anybody writes down that there are shards: a folder that is missing afterwards has been lost.
    const fresh = before === undefined && existingShards === undefined
    if (fresh) makeShardFolders(node.dataDir, sharding.shards, engine, before, cluster)
    const { shards } = await bootstrap(coordinator, wanted, runtime.random)
    makeShardFolders(node.dataDir, shards.length, engine, before, cluster)
    await recordStore(coordinator, wanted, before)
    const state = await renewEpochs(coordinator)
    this.#parts.cluster = state
    return state
  }

  async #openStore(cluster: ClusterState): Promise<void> {
    const store = createStore(this.#settings, cluster, runtime, this.#queries, {
      onLeaseExpired: (id) => this.#gateway?.expireLease(id),
      beforeSlice: () => this.#dataPlane?.flush(),
      onShardFailed: (shard, error) => {
        decision(
          this.#log,
          'shard-failed',
          `${causeOf(error)}: the shard takes nothing more`,
          { shard, err: error },
          'error',
        )
      },
    })
    this.#store = store
    await store.open()
    this.#parts.store = store
    for (const { settings, open } of store.views) {
      if (open.tornBytes === 0) continue
      const why = 'the last block of the log was never acknowledged and is torn; it was dropped'
      decision(this.#log, 'torn-tail-dropped', why, { shard: settings.shard, bytes: open.tornBytes }, 'warn')
    }
  }

  async #serve(cluster: ClusterState): Promise<void> {
    const { limits, sharding } = this.#settings
    this.#gateway = new Gateway({
      admission: this.#admission,
      topology: topologyOf(cluster),
      routing: { splittable: sharding.maxShards > sharding.shards },
      execution: {
        sessions: this.#store!,
        runtime,
        queries: this.#queries,
        observer: executionObserver(this.#telemetry),
        settings: {
          ...limits,
          queueBytes: queueBytesOf(limits, cluster.shards.length),
          scanQueueLength: limits.queueLength,
          maxShardsInFlight,
          shardTimeoutMs: limits.queryTimeoutMs,
          maxRevocations,
        },
      },
    })
    this.#parts.gateway = this.#gateway
    this.#telemetry.start()
    const dataPlane = new DataPlane({
      settings: this.#settings,
      runtime,
      gateway: this.#gateway,
      authenticator: this.#authenticator,
      telemetry: this.#telemetry,
      secret: cluster.cursorSecret,
      serverInfo: (port, connectedClients) => this.#serverInfo(port, connectedClients),
      onConnectionsRefused: (refusal, address, refused) => this.#warnOfRefusals(refusal, address, refused),
      onDefect: (error) => this.#log.logger.error({ err: error }, 'a defect: the request was answered with an error'),
    })
    this.#dataPlane = dataPlane
    await dataPlane.listen()
  }

  #warnOfRefusals(refusal: ConnectionRefusal, address: string, refused: number): void {
    const why = whyRefused(refusal, this.#settings.limits)
    decision(this.#log, 'connections-refused', `connections are refused: ${why}`, { address, refused }, 'warn')
  }

  #serverInfo(port: number, connectedClients: number) {
    const { limits, store } = this.#settings
    return {
      processId: process.pid,
      port,
      uptimeMs: runtime.clock.wallMs() - this.#telemetry.startedAtMs,
      connectedClients,
      maxClients: limits.maxConnections,
      usedMemoryBytes: process.memoryUsage.rss(),
      keys: this.#store!.views.reduce((sum, { open }) => sum + open.engine.count().keys, 0),
      durable: store.engine !== 'memory',
    }
  }

  /** Clients are those of now: a reload replaces them. */
  #adminSettings({ listen }: Settings): AdminSettings {
    const security = () => this.#security
    return {
      ...listen.admin,
      get clients() {
        return security().clients
      },
      get anonymousRoles() {
        return security().anonymousRoles
      },
    }
  }

  #take(fresh: Settings): void {
    this.#security = fresh.security
    this.#authenticator.reload(fresh.security)
    this.#admission.reload({ rates: ratesOf(fresh) })
    this.#log.logger.level = fresh.log.level
  }

  #drain(why: string): void {
    this.#health.enter('draining', why)
    this.#requestStop()
  }

  async #stop(): Promise<void> {
    if (this.#health.state.phase === 'ready') this.#health.enter('draining', 'the process was asked to stop')
    const drainedBy = runtime.clock.now() + this.#settings.limits.drainTimeoutMs
    const failures = await endInTurn([
      () => this.#dataPlane?.close(),
      () => this.#gateway?.drain(Math.max(0, drainedBy - runtime.clock.now())),
      () => this.#store?.close(),
      () => this.#coordinator?.close(),
    ])
    if (failures.length === 0) this.#health.enter('stopped', 'everything is closed')
    failures.push(...(await endInTurn([() => this.#admin.close(), () => this.#telemetry.stop()])))
    for (const error of failures) this.#log.logger.error({ err: error }, 'could not be closed')
    // What is not closed may still write: then the lock ends with the process.
    if (failures.length > 0) throw failures[0]
    await this.#lock?.release()
  }
}

/**
 * Waits for all of them, and only then throws what the first of them failed with: nothing is under way any more when
 * what they have opened is closed.
 */
async function allEnded(tasks: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) if (result.status === 'rejected') throw result.reason
}

function topologyOf({ map, shards }: ClusterState): Topology {
  return new Topology(
    shards.map(({ id, epoch, history, leader }) => ({
      id,
      epoch,
      history,
      leader: leader ?? undefined,
      readers: [],
      ranges: map.ranges.filter(({ shard }) => shard === id),
    })),
  )
}

function ratesOf({ security }: Settings): Map<string, { requestsPerSecond: number; burst: number }> {
  return new Map(security.clients.flatMap(({ name, rate }) => (rate === undefined ? [] : [[name, rate] as const])))
}
