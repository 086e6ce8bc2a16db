import type { Random } from '../../runtime/random.ts'
import {
  type ClusterMap,
  clusterKeys,
  type EngineName,
  epochCodec,
  evenRanges,
  InvalidRecord,
  mapCodec,
  type ShardRecord,
  type StoreRecord,
  shardCodec,
  storeCodec,
} from './cluster-records.ts'
import { type Compare, type Coordinator, CoordinatorError, type KeyValue, type TransactionOp } from './coordinator.ts'

export interface ClusterState {
  readonly map: ClusterMap
  /** In the order of their ids. */
  readonly shards: readonly ShardRecord[]
  /** The highest epoch ever given out. */
  readonly epoch: number
  /** 32 bytes that authenticate cursors, made once for the life of the cluster. */
  readonly cursorSecret: Uint8Array
  /** Of the coordination store when this was read. */
  readonly revision: number
}

export interface BootstrapSettings {
  readonly cluster: string
  readonly nodeId: string
  /** 1..100. */
  readonly shards: number
  /** What this node keeps its shards in. */
  readonly store: StoreRecord
  /** The folder in which this node already has shards, if it does: then their cluster's state is never made anew. */
  readonly existingShards?: string | undefined
}

/** The data belongs to something else than what the configuration says. The message says what to change. */
export class ClusterMismatch extends Error {
  readonly code:
    | 'other-cluster'
    | 'other-shard-count'
    | 'other-node'
    | 'other-engine'
    | 'coordination-lost'
    | 'shards-lost'
    | 'shards-mixed'

  constructor(code: ClusterMismatch['code'], message: string) {
    super(message)
    this.name = 'ClusterMismatch'
    this.code = code
  }
}

export function otherEngine(wanted: EngineName, found: EngineName): ClusterMismatch {
  const message =
    `store.engine is ${wanted}, but this data was created with ${found}; set store.engine, or export the records and ` +
    'load them into another dataDir'
  return new ClusterMismatch('other-engine', message)
}

function coordinationLost(shards: string): ClusterMismatch {
  const message =
    `${shards} holds data, but coordination/ beside it is missing or empty: which cluster the data belongs to, which ` +
    'keys are in which shard and which epochs were given out stands there only. Put coordination/ back, from a copy made ' +
    'together with the shards; to begin anew, move the shards elsewhere. Nothing was changed'
  return new ClusterMismatch('coordination-lost', message)
}

/** `folders` are missing or empty. */
export function shardsLost(folders: readonly string[]): ClusterMismatch {
  const message =
    `${folders.join(', ')}: missing or empty, though coordination/ says that shards were kept there. Put the data back, ` +
    'from a copy made together with coordination/ (is everything mounted?); to begin with empty shards instead, make the ' +
    'folders, each with an empty file shard.json in it. Nothing was changed'
  return new ClusterMismatch('shards-lost', message)
}

/** `folder` says that it is another shard's, or (undefined) says nothing that could be understood. */
export function shardsMixed(folder: string, found: string | undefined): ClusterMismatch {
  const message =
    found === undefined
      ? `${folder}/shard.json is damaged: whose data lies there is not certain. Put it back from a copy, or remove it if ` +
        'the folder is certainly the one of this shard. Nothing was changed'
      : `${folder} holds ${found}: put the folders of the shards back where they belong. Nothing was changed`
  return new ClusterMismatch('shards-mixed', message)
}

const maxInitialShards = 100
const secretBytes = 32

/**
 * Reads the cluster's state, making it in one transaction if there is none: an even map, one shard record each with
 * its own epoch and `nodeId` as leader, the epoch counter and the cursor secret.
 * @throws ClusterMismatch, CoordinatorError, InvalidRecord
 */
export async function bootstrap(
  coordinator: Coordinator,
  settings: BootstrapSettings,
  random: Random,
): Promise<ClusterState> {
  if (!(Number.isInteger(settings.shards) && settings.shards >= 1 && settings.shards <= maxInitialShards)) {
    throw new CoordinatorError('invalid', `a cluster begins with 1..${maxInitialShards} shards`)
  }
  if (settings.existingShards === undefined) {
    const absent: Compare = { key: clusterKeys.map, target: 'create', op: '=', to: 0 }
    await coordinator.transact({ compare: [absent], success: firstRecords(settings, random) })
  } else if ((await coordinator.get(clusterKeys.map)).item === undefined) {
    throw coordinationLost(settings.existingShards)
  }
  const state = await readClusterState(coordinator)
  refuseMismatch(state, settings)
  return state
}

/** All of the cluster's state as of one revision. @throws InvalidRecord if it is missing or damaged. */
export async function readClusterState(coordinator: Coordinator): Promise<ClusterState> {
  const { revision, responses } = await coordinator.transact({
    compare: [],
    success: [
      { op: 'get', key: clusterKeys.map },
      { op: 'get', key: clusterKeys.epoch },
      { op: 'get', key: clusterKeys.cursorSecret },
      { op: 'range', prefix: clusterKeys.shards },
    ],
  })
  const [map, epoch, secret, shards] = responses
  if (map?.op !== 'get' || epoch?.op !== 'get' || secret?.op !== 'get' || shards?.op !== 'range') {
    throw new CoordinatorError('unavailable', 'coordination answered something else than what was asked')
  }
  const cursorSecret = present(secret.item, clusterKeys.cursorSecret)
  if (cursorSecret.length !== secretBytes)
    throw new InvalidRecord('cursor secret', `it has ${cursorSecret.length} bytes`)
  const state: ClusterState = {
    map: mapCodec.decode(present(map.item, clusterKeys.map)),
    shards: shards.items.map((item) => shardCodec.decode(item.value)).sort((a, b) => a.id - b.id),
    epoch: epochCodec.decode(present(epoch.item, clusterKeys.epoch)),
    cursorSecret,
    revision,
  }
  refuseContradiction(state)
  return state
}

/**
 * Gives every shard a fresh epoch from the counter. For a node that starts: whatever of its earlier lives was lost, no
 * version or position that was given out then is ever given out again for something else.
 * @throws CoordinatorError `unavailable` if others keep changing the same records.
 */
export async function renewEpochs(coordinator: Coordinator): Promise<ClusterState> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const state = await readClusterState(coordinator)
    const keys = [clusterKeys.epoch, ...state.shards.map((shard) => clusterKeys.shard(shard.id))]
    const compare = keys.map((key): Compare => ({ key, target: 'mod', op: '<', to: state.revision + 1 }))
    const success: TransactionOp[] = state.shards.map((shard, i) => ({
      op: 'put',
      key: clusterKeys.shard(shard.id),
      value: shardCodec.encode({ ...shard, epoch: state.epoch + 1 + i }),
    }))
    success.push({ op: 'put', key: clusterKeys.epoch, value: epochCodec.encode(state.epoch + state.shards.length) })
    if ((await coordinator.transact({ compare, success })).succeeded) return await readClusterState(coordinator)
  }
  throw new CoordinatorError('unavailable', 'the shards keep changing; no fresh epoch could be taken')
}

/**
 * What the node's data was kept in up to now, or undefined if nobody wrote it down, as before there was such a record.
 * @throws ClusterMismatch if an engine that keeps its data is to be another one.
 */
export async function storeBefore(
  coordinator: Coordinator,
  { nodeId, store }: BootstrapSettings,
): Promise<StoreRecord | undefined> {
  const { item } = await coordinator.get(clusterKeys.store(nodeId))
  if (item === undefined) return undefined
  const before = storeCodec.decode(item.value)
  if (before.engine !== 'memory' && before.engine !== store.engine) throw otherEngine(store.engine, before.engine)
  return before
}

/** Writes down what the node keeps its data in from now on; `before` is what is written there. */
export async function recordStore(
  coordinator: Coordinator,
  { nodeId, store }: BootstrapSettings,
  before: StoreRecord | undefined,
): Promise<void> {
  if (before?.engine === store.engine && before.durability === store.durability) return
  const put: TransactionOp = { op: 'put', key: clusterKeys.store(nodeId), value: storeCodec.encode(store) }
  await coordinator.transact({ compare: [], success: [put] })
}

function firstRecords({ cluster, nodeId, shards, store }: BootstrapSettings, random: Random): TransactionOp[] {
  const ranges = evenRanges(shards)
  const map: ClusterMap = { format: 1, cluster, clusterId: random.bytes(16).toString('hex'), ranges }
  const self = { node: nodeId, disk: null }
  return [
    { op: 'put', key: clusterKeys.map, value: mapCodec.encode(map) },
    { op: 'put', key: clusterKeys.epoch, value: epochCodec.encode(shards) },
    { op: 'put', key: clusterKeys.cursorSecret, value: random.bytes(secretBytes) },
    { op: 'put', key: clusterKeys.store(nodeId), value: storeCodec.encode(store) },
    ...ranges.map(({ shard }): TransactionOp => {
      const record = { id: shard, epoch: shard, history: 0, leader: nodeId, inSync: [self], learners: [], parents: [] }
      return { op: 'put', key: clusterKeys.shard(shard), value: shardCodec.encode(record) }
    }),
  ]
}

function refuseMismatch({ map, shards }: ClusterState, settings: BootstrapSettings): void {
  if (map.cluster !== settings.cluster) {
    const message = `this data belongs to cluster "${map.cluster}", not "${settings.cluster}": set cluster, or another dataDir`
    throw new ClusterMismatch('other-cluster', message)
  }
  if (shards.length !== settings.shards) {
    const count = `${shards.length} shard${shards.length === 1 ? '' : 's'}`
    const message = `sharding.shards is ${settings.shards}, but this data was created with ${count}; splitting comes later`
    throw new ClusterMismatch('other-shard-count', message)
  }
  const foreign = shards.find((shard) => shard.leader !== settings.nodeId)
  if (foreign !== undefined) {
    const message = `shard ${foreign.id} of this data is led by node "${foreign.leader}", not "${settings.nodeId}": set node.id`
    throw new ClusterMismatch('other-node', message)
  }
}

function refuseContradiction(state: ClusterState): void {
  const known = new Set(state.shards.map((shard) => shard.id))
  const stray = state.map.ranges.find((range) => !known.has(range.shard))
  if (stray !== undefined) throw new InvalidRecord('map', `shard ${stray.shard} owns buckets but has no record`)
  const ahead = state.shards.find((shard) => shard.epoch > state.epoch)
  if (ahead !== undefined) throw new InvalidRecord('epoch', `shard ${ahead.id} is ahead of the counter`)
}

function present(item: KeyValue | undefined, key: string): Uint8Array {
  if (item === undefined) throw new InvalidRecord('cluster state', `${key} is missing`)
  return item.value
}
