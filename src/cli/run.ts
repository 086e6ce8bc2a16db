import type { RunningNode } from '../assemble.ts'
import type { LoadResult } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { boundHeapGrowth } from '../runtime/heap.ts'
import { createLog } from '../telemetry/log.ts'
import { headgateVersion } from '../version.ts'
import type { CliIo } from './cli-io.ts'
import { type ConfigOptions, loadFrom, printProblems, printWarnings } from './config-options.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { startBanner } from './start-banner.ts'
import { type StartFailure, startFailure } from './start-failure.ts'

export interface RunOptions extends ConfigOptions {
  readonly json?: true
}

/** `load` reads the configuration again, as the process was told to read it. */
export type StartNode = (settings: Settings, options: { readonly load: () => LoadResult }) => Promise<RunningNode>

/**
 * `headgate run`: serves until a signal, then drains. A second signal ends the process at once. SIGHUP reloads the
 * configuration, as with other servers; where there is a terminal it says that this one has gone, and is a stop signal.
 */
export async function run(options: RunOptions, io: CliIo, start: StartNode): Promise<ExitCode> {
  const loaded = loadFrom(options, io)
  if (!loaded.ok) {
    printProblems(loaded.problems, io)
    return exitCodes.config
  }
  printWarnings(loaded.warnings, io)
  const { settings } = loaded
  boundHeapGrowth()
  const stopping = stopRequested(io)
  let node: RunningNode | undefined
  // While the node starts, what was read may be older than the file that somebody wants to be read again.
  let reloadOnceStarted = false
  const ignoreHangups = io.onHangup(() => {
    if (io.stderr.isTTY === true) stopping.ask('SIGHUP')
    else if (node === undefined) reloadOnceStarted = true
    else node.reload('SIGHUP')
  })
  try {
    node = await startOrSay(settings, io, (each) => start(each, { load: () => loadFrom(options, io) }))
    if (node === undefined) return exitCodes.failed
    announce(options, settings, node, io)
    if (reloadOnceStarted) node.reload('SIGHUP while the node started')
    await Promise.race([stopping.requested, node.stopRequested])
    io.stderr.write(`stopping: finishing what runs, for ${settings.limits.drainTimeoutMs / 1000} s at most\n`)
    await node.stop()
    io.stderr.write('stopped\n')
    return exitCodes.ok
  } catch (error) {
    io.stderr.write(`error: could not stop cleanly: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodes.failed
  } finally {
    stopping.release()
    ignoreHangups()
  }
}

async function startOrSay(
  settings: Settings,
  io: CliIo,
  start: (settings: Settings) => Promise<RunningNode>,
): Promise<RunningNode | undefined> {
  try {
    return await start(settings)
  } catch (error) {
    const failure = startFailure(error, settings)
    io.stderr.write(`error: ${failure.why}\n`)
    logStartFailure(error, failure, settings, io)
    if (error instanceof Error && settings.log.level === 'debug') io.stderr.write(`${error.stack}\n`)
    return undefined
  }
}

/** For who reads the log only. Its own lines end before, when a node that failed to start is closed. */
function logStartFailure(error: unknown, failure: StartFailure, settings: Settings, io: CliIo): void {
  const { cluster, node, log } = settings
  const logger = createLog({ level: log.level, cluster, nodeId: node.id }, io.stdout)
  const { why, known } = failure
  const err = known && error instanceof Error ? { type: error.name, message: error.message } : error
  logger.error({ decision: 'start-failed', err }, why)
}

function announce(options: RunOptions, settings: Settings, node: RunningNode, io: CliIo): void {
  const version = headgateVersion()
  io.stderr.write(startBanner(settings, node, version))
  if (options.json !== true) return
  const { http, resp, admin } = node.addresses
  io.stdout.write(`${JSON.stringify({ event: 'started', version, pid: process.pid, http, resp, admin })}\n`)
}

/** Resolves with the first stop signal, also one that comes while the node starts; the second one exits. */
function stopRequested(io: CliIo): Stopping {
  let resolve = (): void => {}
  const requested = new Promise<void>((resolver) => {
    resolve = resolver
  })
  let asked = false
  const ask = (signal: string): void => {
    if (asked) {
      io.stderr.write(`${signal} again: stopping at once\n`)
      io.exitNow(exitCodes.failed)
    }
    asked = true
    resolve()
  }
  return { requested, ask, release: io.onStopSignal(ask) }
}

interface Stopping {
  readonly requested: Promise<void>
  ask(signal: string): void
  release(): void
}
