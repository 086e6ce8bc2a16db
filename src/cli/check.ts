import { formatSize } from '../config/quantity.ts'
import { type Settings, withoutSecrets } from '../config/settings.ts'
import type { CliIo } from './cli-io.ts'
import { type ConfigOptions, configFileOf, loadFrom, printProblems, printWarnings } from './config-options.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

export interface CheckOptions extends ConfigOptions {
  readonly json?: true
}

/** `headgate check`: is this configuration one that `run` would accept, and what does it come to? */
export async function check(options: CheckOptions, io: CliIo): Promise<ExitCode> {
  const file = configFileOf(options, io)
  const result = loadFrom(options, io)
  if (options.json === true) {
    const report = result.ok ? { ...result, settings: withoutSecrets(result.settings) } : result
    io.stdout.write(`${JSON.stringify({ file: file ?? null, ...report }, undefined, 2)}\n`)
  } else if (result.ok) {
    printWarnings(result.warnings, io)
    const what = file === undefined ? 'no file given (use -c FILE): the defaults are valid' : `${file} is valid`
    io.stdout.write(`${what}\n${summary(result.settings)}`)
  } else {
    printProblems(result.problems, io)
  }
  return result.ok ? exitCodes.ok : exitCodes.config
}

function summary({ cluster, node, store, sharding, listen, security }: Settings): string {
  const shards = sharding.shards === 1 ? '1 shard' : `${sharding.shards} shards`
  const durability = store.engine === 'memory' ? 'nothing kept on disk' : durabilityText[store.durability]
  const who = security.clients.length === 0 ? 'everyone who can connect' : 'clients with a token'
  const named = security.clients.map(({ name, roles }) => `${name} (${roles.join(', ')})`)
  const address = (name: 'http' | 'resp' | 'admin') => `${name} ${listen[name].host}:${listen[name].port}`
  return [
    `  cluster ${cluster}, node ${node.id}, grade ${node.grade}`,
    `  store   ${store.engine}, ${shards}, ${durability}, backlog up to ${formatSize(store.backlogBytes)}`,
    `  data    ${node.dataDir}`,
    `  listens ${address('http')}, ${address('resp')}, ${address('admin')}`,
    `  serves  ${who}${named.length === 0 ? '' : `: ${named.join(', ')}`}`,
    'headgate doctor, with the same options, tests the machine: the data folder, its disk, the ports',
    '',
  ].join('\n')
}

export const durabilityText = {
  group: 'fsync before a write is acknowledged',
  os: 'a power cut may lose the last writes',
} as const
