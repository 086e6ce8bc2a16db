import type { Config } from './schema.ts'
import { type CoordinationSettings, coordinationSettings } from './sections/coordination.ts'
import { type LimitsSettings, limitsSettings } from './sections/limits.ts'
import { type ListenSettings, listenSettings } from './sections/listen.ts'
import { type LogSettings, logSettings } from './sections/log.ts'
import { type NodeSettings, nodeSettings } from './sections/node.ts'
import { type ReplicationSettings, replicationSettings } from './sections/replication.ts'
import { type RespSettings, respSettings } from './sections/resp.ts'
import { type ScalingSettings, scalingSettings } from './sections/scaling.ts'
import { type SecuritySettings, securitySettings, type TlsSettings } from './sections/security.ts'
import { type ShardingSettings, shardingSettings } from './sections/sharding.ts'
import { type StoreSettings, storeSettings } from './sections/store.ts'

/**
 * What a node runs by: plain data, checked, complete, with the unit in each name. Holds only what this release can do;
 * whatever else a file may say was refused before.
 */
export interface Settings {
  readonly cluster: string
  readonly node: NodeSettings
  readonly listen: ListenSettings
  readonly coordination: CoordinationSettings
  readonly store: StoreSettings
  readonly sharding: ShardingSettings
  readonly replication: ReplicationSettings
  readonly limits: LimitsSettings
  readonly scaling: ScalingSettings
  readonly security: SecuritySettings
  readonly resp: RespSettings
  readonly log: LogSettings
}

/** `tokens[i]` is the secret of `config.security.clients[i]`. */
export function settingsOf(config: Config, tokens: readonly string[], tls: TlsSettings | undefined): Settings {
  return {
    cluster: config.cluster,
    node: nodeSettings(config.node),
    listen: listenSettings(config.listen),
    coordination: coordinationSettings(config.coordination),
    store: storeSettings(config.store),
    sharding: shardingSettings(config.sharding),
    replication: replicationSettings(config.replication),
    limits: limitsSettings(config.limits),
    scaling: scalingSettings(),
    security: securitySettings(config.security, tokens, tls),
    resp: respSettings(config.resp),
    log: logSettings(config.log),
  }
}

const hidden = '(hidden)'

/** The same settings with every secret replaced, fit to be printed. */
export function withoutSecrets(settings: Settings): Settings {
  const clients = settings.security.clients.map((client) => ({ ...client, token: hidden }))
  const tls = settings.security.tls && { ...settings.security.tls, key: hidden }
  return { ...settings, security: { ...settings.security, clients, tls } }
}
