import type { ReloadReport } from '../admin/node-view.ts'
import type { LoadResult } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { type Settings, withoutSecrets } from '../config/settings.ts'

/** Sections of the settings that a running node takes over. */
const reloadable = new Set(['security.clients', 'security.anonymousRoles', 'log.level'])

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
    if (!dryRun && applied.length > 0) {
      const { clients, anonymousRoles } = loaded.settings.security
      this.#current = {
        ...this.#current,
        log: { ...this.#current.log, level: loaded.settings.log.level },
        security: { ...this.#current.security, clients, anonymousRoles },
      }
      this.#apply(this.#current)
    }
    return { applied, needsRestart, problems: [] }
  }
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
