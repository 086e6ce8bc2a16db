import { dotted, type Finding, type KeyPath } from './problem.ts'
import { formatDuration, formatSize } from './quantity.ts'
import type { Config } from './schema.ts'
import { etcdKeys } from './sections/coordination.ts'
import { isLoopback, listenerNames } from './sections/listen.ts'
import { embeddedKeys } from './sections/store.ts'

/** What the file says besides its values: which keys are written in it, and whether a package can be loaded. */
export interface Surroundings {
  given(path: KeyPath): boolean
  installed(packageName: string): boolean
}

/** Values that are each valid but do not go together. */
export function contradictions(config: Config, surroundings: Surroundings): readonly Finding[] {
  return [
    ...exposure(config),
    ...samePorts(config),
    ...clients(config),
    ...foreignKeys(config, surroundings),
    ...engine(config, surroundings),
    ...sharding(config),
    ...orders(config, surroundings),
  ]
}

function exposure({ listen, security }: Config): Finding[] {
  if (security.clients.length > 0 || security.allowAnonymous) return []
  return listenerNames
    .filter((name) => !isLoopback(listen[name].host))
    .map((name) => ({
      path: ['listen', name, 'host'],
      at: 'value',
      message:
        `listen.${name}.host ${listen[name].host} can be reached from other machines, but anyone could use it: ` +
        'add security.clients, or say security.allowAnonymous: true',
    }))
}

function samePorts({ listen }: Config): Finding[] {
  const findings: Finding[] = []
  const names = ['http', 'resp', 'admin', 'peer'] as const
  for (const [index, name] of names.entries()) {
    const { host, port } = listen[name]
    const other = names
      .slice(0, index)
      .find((earlier) => port !== 0 && listen[earlier].port === port && overlap(listen[earlier].host, host))
    if (other === undefined) continue
    findings.push({
      path: ['listen', name, 'port'],
      at: 'value',
      message: `listen.${name}.port ${port} is already taken by listen.${other}; give each its own port`,
    })
  }
  return findings
}

function overlap(a: string, b: string): boolean {
  const everywhere = ['0.0.0.0', '::']
  return a === b || everywhere.includes(a) || everywhere.includes(b) || (isLoopback(a) && isLoopback(b))
}

function clients({ security }: Config): Finding[] {
  const findings: Finding[] = []
  const seen = new Set(['anonymous'])
  for (const [index, { name, token, tokenFile }] of security.clients.entries()) {
    const path = ['security', 'clients', index] as const
    if (seen.has(name)) {
      const message = `the client name ${name} is ${name === 'anonymous' ? 'reserved' : 'used twice'}; choose another`
      findings.push({ path: [...path, 'name'], at: 'value', message })
    }
    seen.add(name)
    if ((token === undefined) !== (tokenFile === undefined)) continue
    findings.push({ path, message: `the client ${name} needs either tokenFile or token` })
  }
  return findings
}

function foreignKeys({ coordination, store }: Config, { given }: Surroundings): Finding[] {
  const findings: Finding[] = []
  const check = (section: string, keys: readonly string[], kind: string) => {
    for (const key of keys) {
      const path = [section, key]
      if (given(path)) findings.push({ path, message: `${section}.${key} belongs to ${section}.kind ${kind}` })
    }
  }
  if (coordination.kind !== 'etcd') check('coordination', etcdKeys, 'etcd')
  if (coordination.kind === 'etcd') check('coordination', ['join'], 'embedded')
  if (store.kind === 'embedded') check('store', ['nodes'], 'redis, postgres or http')
  else check('store', embeddedKeys, 'embedded')
  return findings
}

function engine({ store }: Config, { installed }: Surroundings): Finding[] {
  const wanted = 'rocksdb-native'
  if (store.kind !== 'embedded' || store.engine !== 'rocksdb' || installed(wanted)) return []
  const message = `store.engine rocksdb needs the optional package ${wanted}; run: npm install ${wanted}`
  return [{ path: ['store', 'engine'], at: 'value', message }]
}

function sharding({ sharding: { shards, maxShards } }: Config): Finding[] {
  if (maxShards === undefined || shards <= maxShards) return []
  const message = `sharding.maxShards ${maxShards} is below sharding.shards ${shards}; raise it or leave it out`
  return [{ path: ['sharding', 'maxShards'], at: 'value', message }]
}

function orders({ limits, store }: Config, { given }: Surroundings): Finding[] {
  const findings: Finding[] = []
  const ordered = (low: KeyPath, high: KeyPath, amounts: [number, number], format: (amount: number) => string) => {
    if (amounts[0] <= amounts[1]) return
    const rule = `${dotted(low)} (${format(amounts[0])}) must not exceed ${dotted(high)} (${format(amounts[1])})`
    // Point at the one the user wrote, rather than at a default; the other one may be news.
    const message = given(low) && given(high) ? rule : `${rule}${given(low) ? raise(high) : lower(low)}`
    findings.push({ path: given(low) ? low : high, at: 'value', message })
  }
  const limit = (low: keyof typeof limits, high: keyof typeof limits, format: (amount: number) => string) =>
    ordered(['limits', low], ['limits', high], [Number(limits[low]), Number(limits[high])], format)
  limit('queueAge', 'timeout', formatDuration)
  limit('timeout', 'queryTimeout', formatDuration)
  limit('headersTimeout', 'requestTimeout', formatDuration)
  // Where it is left out it follows.
  if (given(['limits', 'maxConnectionsPerIp'])) limit('maxConnectionsPerIp', 'maxConnections', String)
  limit('maxValue', 'maxRequest', formatSize)
  limit('maxValue', 'mergeBudget', formatSize)
  limit('outputBuffer', 'outputBufferHard', formatSize)
  limit('outputBufferHard', 'outputBufferTotal', formatSize)
  limit('maxRequest', 'bodyBudget', formatSize)
  ordered(['limits', 'maxRequest'], ['store', 'backlog'], [limits.maxRequest, store.backlog], formatSize)
  ordered(['limits', 'maxRequest'], ['store', 'logSegment'], [limits.maxRequest, store.logSegment], formatSize)
  return findings
}

const raise = (path: KeyPath): string => `; lower it, or raise ${dotted(path)} as well`
const lower = (path: KeyPath): string => `; raise it, or lower ${dotted(path)} as well`
