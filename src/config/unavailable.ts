import type { Finding, KeyPath } from './problem.ts'
import type { Config } from './schema.ts'

const suffix = 'is not available in this release'

/**
 * What the schema accepts in shape but this release cannot do. A gateway that silently ran without what was asked for
 * would be worse than one that refuses to start.
 */
export function unavailable(config: Config): readonly Finding[] {
  const findings: Finding[] = []
  const refuse = (path: KeyPath, what: string, instead: string) =>
    findings.push({ path, at: 'value', message: `${what} ${suffix}; ${instead}` })
  const { coordination, store, replication, scaling, security } = config

  if (coordination.kind !== 'embedded') {
    refuse(['coordination', 'kind'], `coordination.kind ${coordination.kind}`, 'use embedded')
  }
  if (coordination.join !== undefined) {
    refuse(['coordination', 'join'], 'joining a cluster', 'leave coordination.join out to run one node')
  }
  if (store.kind !== 'embedded') refuse(['store', 'kind'], `store.kind ${store.kind}`, 'use embedded')
  if (typeof replication.minInSync === 'number' && replication.minInSync > 1) {
    refuse(['replication', 'minInSync'], 'replication', 'use auto or 1: there is one copy of each record')
  }
  if (scaling.operator !== 'none') {
    refuse(['scaling', 'operator'], `scaling.operator ${scaling.operator}`, 'use none')
  }
  if (scaling.triggers !== undefined) refuse(['scaling', 'triggers'], 'scaling.triggers', 'leave it out')
  if (security.tls?.caFile !== undefined) {
    refuse(['security', 'tls', 'caFile'], 'checking client certificates', 'leave it out and let clients show tokens')
  }
  for (const key of ['peerSecret', 'peerSecretFile'] as const) {
    if (security[key] === undefined) continue
    refuse(['security', key], `security.${key}`, 'leave it out: one node has no peers')
  }
  return findings
}
