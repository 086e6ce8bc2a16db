import type { ReloadReport } from '../admin/node-view.ts'
import { changedOptions } from '../config/changed-options.ts'
import type { LoadResult } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { isLoopback, listenerNames } from '../config/sections/listen.ts'
import type { Settings } from '../config/settings.ts'

/** Options that a running node takes over. */
const reloadable = new Set(['security.clients', 'security.allowAnonymous', 'log.level'])

/** Reads the configuration again, and takes over what can change while the node runs. */
export class Reload {
  #current: Settings
  readonly #load: () => LoadResult
  readonly #apply: (settings: Settings) => void

  constructor(current: Settings, load: () => LoadResult, apply: (settings: Settings) => void) {
    this.#current = current
    this.#load = load
    this.#apply = apply
  }

  run(dryRun: boolean): ReloadReport {
    const loaded = this.#load()
    if (!loaded.ok) {
      return { ...nothing, problems: loaded.problems.map(formatProblem) }
    }
    const changed = changedOptions(this.#current, loaded.settings)
    const applied = changed.filter((name) => reloadable.has(name))
    const bound = boundToData(this.#current, changed)
    const fixed = changed.filter((name) => bound.has(name))
    const needsRestart = changed.filter((name) => !reloadable.has(name) && !bound.has(name))
    const next = takingOver(this.#current, loaded.settings)
    const problems = exposed(next)
    if (problems.length > 0) return { ...nothing, problems }
    if (!dryRun && applied.length > 0) {
      this.#current = next
      this.#apply(next)
    }
    return { applied, needsRestart, fixed, problems: [] }
  }
}

const nothing = { applied: [], needsRestart: [], fixed: [] }

/**
 * The options that the data folder remembers: a start with another value is refused (`ClusterMismatch`), unless it is
 * in another folder. The memory engine leaves nothing behind that another one could not follow.
 */
function boundToData({ store }: Settings, changed: readonly string[]): ReadonlySet<string> {
  if (changed.includes('node.dataDir')) return new Set()
  const names = ['cluster', 'node.id', 'sharding.shards']
  return new Set(store.engine === 'memory' ? names : [...names, 'store.engine'])
}

/** What is in force after the reload: the new file where a running node can follow it, the old one elsewhere. */
function takingOver(current: Settings, { log, security }: Settings): Settings {
  const { clients, anonymousRoles, allowAnonymous } = security
  return {
    ...current,
    log: { ...current.log, level: log.level },
    security: { ...current.security, clients, anonymousRoles, allowAnonymous },
  }
}

/**
 * A file may be sound as a whole and its clients not fit the addresses the node listens on until it is restarted: the
 * rule of `contradictions` for what will be in force.
 */
function exposed({ listen, security }: Settings): string[] {
  if (security.clients.length > 0 || security.allowAnonymous) return []
  const open = listenerNames.filter((name) => !isLoopback(listen[name].host))
  return open.map(
    (name) =>
      `the node still listens on listen.${name}.host ${listen[name].host}, where anyone could use it without ` +
      'security.clients: restart it, or keep the clients until then',
  )
}
