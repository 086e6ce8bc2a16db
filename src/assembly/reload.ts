import type { ReloadReport } from '../admin/node-view.ts'
import type { LoadResult } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { isLoopback, listenerNames } from '../config/sections/listen.ts'
import { type Settings, withoutSecrets } from '../config/settings.ts'

/** Sections of the settings that a running node takes over. */
const reloadable = new Set(['security.clients', 'security.anonymousRoles', 'security.allowAnonymous', 'log.level'])

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
      return { applied: [], needsRestart: [], problems: loaded.problems.map(formatProblem) }
    }
    const changed = changedKeys(this.#current, loaded.settings)
    const applied = changed.filter((key) => reloadable.has(key))
    const needsRestart = changed.filter((key) => !reloadable.has(key))
    const next = takingOver(this.#current, loaded.settings)
    const problems = exposed(next)
    if (problems.length > 0) return { applied: [], needsRestart: [], problems }
    if (!dryRun && applied.length > 0) {
      this.#current = next
      this.#apply(next)
    }
    return { applied, needsRestart, problems: [] }
  }
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

/** The keys, `section.name`, whose settings differ. Secrets count, and are not shown. */
function changedKeys(before: Settings, after: Settings): string[] {
  const sections = Object.keys(withoutSecrets(before)) as (keyof Settings)[]
  return sections.flatMap((section) => {
    const [old, fresh] = [before[section], after[section]]
    if (typeof old !== 'object' || typeof fresh !== 'object') return old === fresh ? [] : [section]
    const names = new Set([...Object.keys(old), ...Object.keys(fresh)])
    return [...names].filter((name) => !same(field(old, name), field(fresh, name))).map((name) => `${section}.${name}`)
  })
}

const field = (section: object, name: string): unknown => (section as Record<string, unknown>)[name]
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
