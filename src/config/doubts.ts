import type { Surroundings } from './contradictions.ts'
import type { Finding } from './problem.ts'
import type { Config } from './schema.ts'
import { isLoopback, listenerNames } from './sections/listen.ts'

/** What works but may not be what was meant; shown, never a reason to refuse. */
export function doubts(config: Config, { given }: Surroundings): readonly Finding[] {
  const findings: Finding[] = []
  const { listen, security, store, sharding } = config
  if (given(['listen', 'peer'])) {
    findings.push({
      path: ['listen', 'peer'],
      message: 'listen.peer is not opened in this release, which runs one node',
    })
  }
  if (store.engine === 'memory' && given(['store', 'durability'])) {
    const message = 'store.durability means nothing to the engine memory, which keeps nothing on disk'
    findings.push({ path: ['store', 'durability'], message })
  }
  if (sharding.maxShards !== undefined && sharding.maxShards > sharding.shards) {
    const message =
      'splitting is not available in this release; maxShards above shards only makes atomic operations need one {tag}'
    findings.push({ path: ['sharding', 'maxShards'], message })
  }
  const open = listenerNames.filter((name) => !isLoopback(listen[name].host))
  const bare = open.filter((name) => name === 'admin' || security.tls === undefined)
  if (bare.length > 0 && security.clients.length > 0) {
    const message = `tokens cross the network unencrypted on ${bare.join(', ')}; use security.tls or a TLS proxy`
    findings.push({ path: ['security'], message })
  }
  if (open.length > 0 && security.clients.length === 0 && security.allowAnonymous) {
    const message = `anyone who reaches ${open.join(', ')} may do everything`
    findings.push({ path: ['security', 'allowAnonymous'], message })
  }
  return findings
}
