import { listSections } from './options.ts'
import type { Settings } from './settings.ts'

/** Units that the settings add to the names of options: `timeoutMs` is configured as `timeout`. */
const unit = /(Ms|Bytes)$/

/** Where a setting only follows others, which are named themselves. */
const follows: Readonly<Record<string, (settings: Settings) => boolean>> = {
  'limits.maxConnectionsPerIp': ({ limits }) => limits.maxConnectionsPerIp === limits.maxConnections,
  'security.anonymousRoles': () => true,
  'sharding.maxShards': ({ sharding }) => sharding.maxShards === sharding.shards,
}

/**
 * The options whose settings differ, by the names that a user writes: `limits.timeout`, `listen.http.port`, or a
 * section that came or went as a whole (`security.tls`). Secrets count, and are not shown.
 */
export function changedOptions(before: Settings, after: Settings): readonly string[] {
  const configured = new Set(listSections().flatMap(({ name, options }) => [name, ...options.map((each) => each.name)]))
  return differences('', before, after).flatMap((name) => {
    const rule = follows[name]
    if (rule?.(before) === true && rule(after)) return []
    return [configured.has(name) ? name : name.replace(unit, '')]
  })
}

/** Dotted names of what differs, as the settings call them. Lists differ as a whole. */
function differences(name: string, before: unknown, after: unknown): readonly string[] {
  if (!isSection(before) || !isSection(after)) return JSON.stringify(before) === JSON.stringify(after) ? [] : [name]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(name === '' ? key : `${name}.${key}`, before[key], after[key]))
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
