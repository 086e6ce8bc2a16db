import { z } from 'zod'
import { documented, duration, section } from '../option.ts'

export const replicationSection = section('How writes are copied to other nodes.', {
  minInSync: documented(
    z
      .union([z.literal('auto'), z.int().min(1).max(7)], { error: 'must be auto or a whole number from 1 to 7' })
      .default('auto'),
    {
      meaning: 'Copies (the leader included) that must hold a write before it is acknowledged.',
      unit: 'copies, or auto',
      effect:
        'Fewer copies than this in sync, and writes are refused. auto follows the planned size: 1 for one or two nodes, ' +
        '2 from three on. More than 1 is not available in this release.',
      range: 'auto, or 1 to 7',
    },
  ),
  inSyncTimeout: duration('2s', ['100ms', '1m'], {
    meaning: 'How long a copy may lag before it no longer counts as in sync.',
    effect:
      'Shorter keeps a slow copy from holding writes up; longer survives longer hiccups. A single node has no copies.',
  }),
})

export interface ReplicationSettings {
  /** `auto` is resolved. */
  readonly minInSync: number
  readonly inSyncTimeoutMs: number
}

export function replicationSettings(config: z.output<typeof replicationSection>): ReplicationSettings {
  return { minInSync: config.minInSync === 'auto' ? 1 : config.minInSync, inSyncTimeoutMs: config.inSyncTimeout }
}
