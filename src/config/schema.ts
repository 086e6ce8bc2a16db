import { z } from 'zod'
import { documented, text } from './option.ts'
import { coordinationSection } from './sections/coordination.ts'
import { limitsSection } from './sections/limits.ts'
import { listenSection } from './sections/listen.ts'
import { logSection } from './sections/log.ts'
import { nodeSection } from './sections/node.ts'
import { replicationSection } from './sections/replication.ts'
import { respSection } from './sections/resp.ts'
import { scalingSection } from './sections/scaling.ts'
import { securitySection } from './sections/security.ts'
import { shardingSection } from './sections/sharding.ts'
import { storeSection } from './sections/store.ts'

/** The configuration file: everything a user may write, and nothing else. */
export const configSchema = documented(
  z.strictObject({
    cluster: documented(text(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63'), {
      meaning: 'Name of the cluster.',
      unit: 'name',
      effect: 'Shown in status, logs and metrics. A data folder belongs to one cluster and refuses another name.',
      standard: 'required in a file; headgate without a file',
    }),
    node: nodeSection,
    listen: listenSection,
    coordination: coordinationSection,
    store: storeSection,
    sharding: shardingSection,
    replication: replicationSection,
    limits: limitsSection,
    scaling: scalingSection,
    security: securitySection,
    resp: respSection,
    log: logSection,
  }),
  { meaning: 'Configuration of a Headgate node.' },
)

/** A parsed file: defaults filled in, durations in milliseconds, sizes in bytes. */
export type Config = z.output<typeof configSchema>

/** What `headgate run` uses without a file: Mach I, one node with every role. */
export const machOne = { cluster: 'headgate', store: { kind: 'embedded' } } as const
