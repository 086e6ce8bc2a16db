import type { NodeAddress, RunningNode } from '../assemble.ts'
import type { Settings } from '../config/settings.ts'
import { durabilityText } from './check.ts'

/** What a person wants to know once a node serves: where it is, where its data is, what to try, how to stop it. */
export function startBanner(settings: Settings, { addresses }: RunningNode, version: string): string {
  const { cluster, node, store, sharding, security } = settings
  const scheme = security.tls === undefined ? 'http' : 'https'
  const base = `${scheme}://${hostPort(addresses.http)}`
  const curl = curlWith(settings)
  const shards = sharding.shards === 1 ? '1 shard' : `${sharding.shards} shards`
  const kept = store.engine === 'memory' ? 'nowhere: the memory engine forgets when it stops' : node.dataDir
  const durability = store.engine === 'memory' ? '' : `, ${durabilityText[store.durability]}`
  return [
    `Headgate ${version} serves cluster ${cluster}: node ${node.id}, every role in one process, one copy of the data`,
    '',
    `  HTTP   ${base}`,
    `  Redis  ${hostPort(addresses.resp)}`,
    `  Admin  http://${hostPort(addresses.admin)} (a page for browsers, health, metrics, status)`,
    `  Data   ${kept} (${store.engine}, ${shards}${durability})`,
    '  Stop   Ctrl-C, or SIGTERM',
    '',
    `Try    ${curl} -X PUT ${base}/v1/records/hello -H 'Content-Type: text/plain' -d world`,
    `       ${curl} ${base}/v1/records/hello`,
    '',
    '',
  ].join('\n')
}

function curlWith({ security }: Settings): string {
  const insecure = security.tls === undefined ? '' : ' --insecure'
  return `curl${insecure}${security.anonymousRoles.includes('write') ? '' : ' -H "Authorization: Bearer $TOKEN"'}`
}

/** An address to connect to: a listener on every interface is reached on loopback. */
export function hostPort({ host, port }: NodeAddress): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return reachable.includes(':') ? `[${reachable}]:${port}` : `${reachable}:${port}`
}
