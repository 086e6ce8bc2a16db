import type { QueryMemory } from '../../operation/query/query-memory.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { Applier, decodeMark } from './applier.ts'
import { BacklogPace } from './backlog-pace.ts'
import type { Engine, VolatileEngine } from './engine/engine.ts'
import { Evaluation } from './evaluate/evaluation.ts'
import { Outcomes } from './evaluate/outcome.ts'
import { KeyLists } from './key-lists.ts'
import { LeaseExecutor } from './leases/lease-executor.ts'
import { loadSystemState } from './load-system-state.ts'
import type { LogListener, LogWriter } from './log/log-writer.ts'
import { EpochBehind } from './log/recovery.ts'
import { SlabQueue } from './log/slab.ts'
import { LoggedWorkspace } from './logged-workspace.ts'
import { openLog } from './open-log.ts'
import { Overlay } from './overlay.ts'
import { PendingReplies } from './pending-replies.ts'
import { PointExecutor } from './point-executor.ts'
import type { SliceScheduler } from './range/slices.ts'
import { RangeExecutor } from './range-executor.ts'
import { ReadAhead } from './read-ahead.ts'
import type { ReplyMemory } from './reply-memory.ts'
import { EmbeddedShard } from './shard.ts'
import type { ShardSettings } from './shard-settings.ts'
import { Sweeper } from './sweeper.ts'
import { VolatileWorkspace } from './volatile-workspace.ts'
import type { Workspace } from './workspace.ts'

/** Writes that have to wait go on in groups. */
const leastPauseMs = 4

/** An open shard and what the store has to drive and to close. */
export interface OpenShard {
  readonly shard: EmbeddedShard
  readonly engine: Engine
  readonly workspace: Workspace
  readonly leases: LeaseExecutor
  readonly sweeper: Sweeper
  readonly ranges: RangeExecutor
  readonly logged:
    | { readonly log: LogWriter; readonly applier: Applier; readonly overlay: Overlay; readonly slabs: SlabQueue }
    | undefined
  /** Bytes of a torn last block dropped while opening. */
  readonly tornBytes: number
}

/** Bytes of the log from the oldest effect on that the engine does not have. */
export function backlogBytes({ log, overlay, slabs }: NonNullable<OpenShard['logged']>): number {
  if (overlay.head === overlay.tail) return 0
  return slabs.heldBytes - overlay.offsetAt(overlay.refAt(overlay.head)) - log.freeBytes
}

/** The state half of a shard: what writes go through. */
interface State {
  readonly workspace: Workspace
  readonly overlay: Overlay | undefined
  readonly readAhead: ReadAhead | undefined
  readonly logged: OpenShard['logged']
  readonly hasRoom: () => boolean
  readonly tornBytes: number
}

/** What a shard shares with the other shards of its process. */
export interface ShardSurroundings {
  readonly runtime: Runtime
  readonly disk: Disk
  /** One for all shards: what they read at length together takes one slice of a turn. */
  readonly slices: SliceScheduler
  /** Of all queries under way. */
  readonly queries: QueryMemory
  /** Of answers that wait for the disk, in all shards together. */
  readonly replies: ReplyMemory
}

/** Opens the engine, recovers the log, and begins to serve. What the engine lacks is left to whoever starts the applier. */
export async function openShard(
  { runtime, disk, slices, queries, replies }: ShardSurroundings,
  engine: Engine,
  settings: ShardSettings,
): Promise<OpenShard> {
  const shard = new EmbeddedShard(settings.shard, settings.history)
  const mark = decodeMark(await engine.open())
  if (mark.epoch > settings.epoch) throw new EpochBehind(settings.dataDirectory, mark.epoch, settings.epoch)
  const state = engine.durable
    ? openLoggedState(runtime, disk, engine, settings, shard, mark.index)
    : openVolatileState(engine as VolatileEngine, settings)
  const { clock, random } = runtime
  const evaluation = new Evaluation(state.workspace, clock, settings.mergeBudgetBytes, replies)
  evaluation.lastExpiryIndex = state.workspace.durableIndex
  // A volatile engine begins empty.
  evaluation.mayExpire = engine.durable
  const outcomes = new Outcomes({ ttlMs: settings.idempotencyTtlMs, maxEntries: settings.idempotencyEntries })
  const table = await loadSystemState(runtime, engine, state.overlay, outcomes)
  const pending = new PendingReplies(replies)
  const points = new PointExecutor(evaluation, pending, outcomes, settings, shard)
  const answer: EmbeddedShard['answer'] = (...parts) => shard.answer(...parts)
  const fail = (error: Error): void => shard.fail(error)
  const { overlay, readAhead } = state
  const context = { clock, overlay, readAhead, nowMs: () => clock.wallMs(), answer, fail }
  const ranges = new RangeExecutor(engine, context, { slices, queries, random }, settings.mergeBudgetBytes)
  const { maxLeases } = settings
  const leases = new LeaseExecutor({ table, evaluation, clock, maxLeases, answer })
  const appliedIndex = (): number => state.logged?.applier.appliedIndex ?? state.workspace.durableIndex
  const mayWrite = (): boolean => shard.open && shard.writable
  const sweeper = new Sweeper({ engine, evaluation, outcomes, readAhead, clock, appliedIndex, mayWrite })
  const idle = async (): Promise<void> => state.logged?.log.idle()
  const failed = (): boolean => shard.failure !== undefined
  const lists = new KeyLists(
    { evaluation, clock, bulky: slices.bulky, failed, answer, fail },
    slices,
    readAhead !== undefined,
  )
  const { recordsTooLarge } = evaluation
  const parts = { points, lists, ranges, leases, pending, recordsTooLarge, readAhead, hasRoom: state.hasRoom, idle }
  shard.serve({ ...parts, workspace: state.workspace })
  const { workspace, logged, tornBytes } = state
  return { shard, engine, workspace, leases, sweeper, ranges, logged, tornBytes }
}

function openVolatileState(engine: VolatileEngine, settings: ShardSettings): State {
  const workspace = new VolatileWorkspace(engine, settings.epoch)
  return { workspace, overlay: undefined, readAhead: undefined, logged: undefined, hasRoom: () => true, tornBytes: 0 }
}

function openLoggedState(
  runtime: Runtime,
  disk: Disk,
  engine: Engine,
  settings: ShardSettings,
  shard: EmbeddedShard,
  appliedIndex: number,
): State {
  const onFailed = (error: Error): void => shard.fail(error)
  const overlay = new Overlay(runtime.random.bytes(8))
  const slabs = new SlabQueue()
  const readAhead = engine.syncReads ? undefined : new ReadAhead(engine, settings, onFailed)
  const listener: LogListener = {
    onDurable(index) {
      workspace.durableIndex = index
      applier.commit(index)
      shard.deliver()
    },
    onFailed,
  }
  const { log, lastIndex, tornBytes } = openLog(runtime, disk, settings, { overlay, slabs, appliedIndex }, listener)
  const workspace = new LoggedWorkspace(engine, overlay, log, slabs, readAhead)
  workspace.durableIndex = lastIndex
  const parts = { engine, overlay, log, slabs }
  const pace = new BacklogPace(runtime.clock, settings.backlogBytes)
  const onProgress = (bytes: number): void => {
    pace.took(bytes, backlogBytes(logged))
    shard.checkRoom()
  }
  const applier = new Applier(runtime, parts, settings, appliedIndex, onProgress, onFailed)
  if (readAhead !== undefined) applier.removalGate = () => readAhead.settled()
  const logged = { log, applier, overlay, slabs }
  const hasRoom = pacedRoom(
    runtime,
    pace,
    () => backlogBytes(logged),
    () => shard.checkRoom(),
  )
  return { workspace, overlay, readAhead, logged, hasRoom, tornBytes }
}

/** Whether the backlog may grow. Where only time is missing, `again` is called when it has passed. */
function pacedRoom({ timers }: Runtime, pace: BacklogPace, bytes: () => number, again: () => void): () => boolean {
  let waiting = false
  return () => {
    const backlog = bytes()
    if (pace.hasRoom(backlog)) return true
    const ms = pace.roomAfterMs(backlog)
    if (!waiting && ms !== Number.POSITIVE_INFINITY) {
      waiting = true
      timers.after(Math.max(ms, leastPauseMs), () => {
        waiting = false
        again()
      })
    }
    return false
  }
}

/** How long a shard that closes goes on applying: the next start applies what is left, with nobody waiting for the stop. */
const closingApplyMs = 5_000

/** Answers what was dispatched, applies what was written, and closes log and engine. */
export async function closeShard(open: OpenShard): Promise<void> {
  await settleShard(open)
  await open.engine.close()
}

/** The same but for the engine. */
export async function settleShard({ shard, sweeper, logged }: OpenShard): Promise<void> {
  await shard.close()
  await sweeper.idle()
  await logged?.log.idle()
  if (shard.failure === undefined) await logged?.applier.drain(closingApplyMs)
  else await logged?.applier.stop()
  await logged?.log.close()
}
