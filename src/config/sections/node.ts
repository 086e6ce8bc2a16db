import { resolve } from 'node:path'
import type { z } from 'zod'
import { count, documented, path, section, text } from '../option.ts'

export const nodeSection = section('This process: who it is and where it keeps its data.', {
  id: documented(
    text(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63').default('n1'),
    {
      meaning: 'Name of this node, unique in the cluster.',
      unit: 'name',
      effect:
        'Shown in status, logs, metrics and the Headgate-Served-By header. Keep it stable: data belongs to a node.',
    },
  ),
  grade: count(1, [1, 5], {
    meaning: 'How big this machine is compared with the other nodes, 1 (smallest) to 5 (biggest).',
    unit: 'grade',
    effect: 'Decides which node is asked to lead when writes have to scale. A single node only reports it.',
  }),
  dataDir: documented(path().default('./data'), {
    meaning: 'Folder for everything that must survive a restart; made if absent.',
    unit: 'path',
    effect: 'Put it on the fastest disk with reliable fsync: every durable write waits for it. One process at a time.',
  }),
})

export interface NodeSettings {
  readonly id: string
  /** 1..5. */
  readonly grade: number
  /** Absolute path. */
  readonly dataDir: string
}

export function nodeSettings(config: z.output<typeof nodeSection>): NodeSettings {
  return { id: config.id, grade: config.grade, dataDir: resolve(config.dataDir) }
}
