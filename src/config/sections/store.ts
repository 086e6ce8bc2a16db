import { z } from 'zod'
import { choice, documented, size, text, whole } from '../option.ts'

const node = documented(
  z.strictObject({
    id: documented(text(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63'), {
      meaning: 'Name of the database server, unique in the list.',
      unit: 'name',
      effect: 'Shown in status, logs and metrics.',
      standard: 'required in every entry',
      later: true,
    }),
    url: documented(
      z.url({ protocol: /^(rediss?|postgres(ql)?|https?)$/, error: 'must be a URL like redis://host:6379' }),
      {
        meaning: 'Where the server is.',
        unit: 'URL',
        effect: 'The protocol must fit store.kind.',
        standard: 'required in every entry',
        later: true,
      },
    ),
    grade: documented(whole([1, 5]).default(1), {
      meaning: 'How big the server is, 1 (smallest) to 5 (biggest).',
      unit: 'grade',
      effect: 'Decides which server is promoted when writes have to scale.',
      range: '1 to 5',
      later: true,
    }),
  }),
  { meaning: 'One server.' },
)

export const storeSection = documented(
  z.strictObject({
    kind: documented(z.enum(['embedded', 'redis', 'postgres', 'http']), {
      meaning: 'What holds the records: an engine inside this process, or servers that already exist.',
      unit: 'one of the values',
      effect: 'embedded is the only kind available in this release.',
      standard: 'required in a file; embedded without a file',
    }),
    engine: choice(['lmdb', 'rocksdb', 'memory'], 'lmdb', {
      meaning: 'Storage engine of the embedded store.',
      effect:
        'lmdb reads fastest; rocksdb writes large data sets better and needs the optional package rocksdb-native; ' +
        'memory is fastest and forgets everything when the process ends. Data of lmdb or rocksdb stays with its engine: ' +
        'a start with another one is refused.',
    }),
    durability: choice(['group', 'os'], 'group', {
      meaning: 'When a write is acknowledged: after an fsync shared by a batch, or once the system has it.',
      effect:
        'os is faster, and a power cut loses the last writes that were acknowledged. A crash of Headgate does not.',
    }),
    backlog: size('192MiB', ['16MiB', '64GiB'], {
      meaning: 'Committed writes of this node that the engine has yet to take, at most.',
      effect:
        'Higher absorbs longer write bursts, uses that much more memory and makes a restart after a crash slower.',
    }),
    logSegment: size('64MiB', ['1MiB', '1GiB'], {
      meaning: 'Size of one file of the write log; made in advance, used again.',
      effect: 'Bigger files switch less often; disk use grows in steps of it, for each shard.',
    }),
    nodes: documented(z.array(node).optional(), {
      meaning: 'The servers behind Headgate, for the kinds redis, postgres and http.',
      unit: 'list',
      effect: 'Headgate routes to them; it does not start or stop them.',
      standard: 'none',
      later: true,
    }),
  }),
  { meaning: 'What holds the records.' },
)

/** Keys that mean something only with `kind: embedded`. */
export const embeddedKeys = ['engine', 'durability', 'backlog', 'logSegment'] as const

export interface StoreSettings {
  readonly kind: 'embedded'
  readonly engine: 'lmdb' | 'rocksdb' | 'memory'
  readonly durability: 'group' | 'os'
  /** Bound of committed but unapplied writes, for the whole node. */
  readonly backlogBytes: number
  readonly logSegmentBytes: number
}

export function storeSettings(config: z.output<typeof storeSection>): StoreSettings {
  return {
    kind: 'embedded',
    engine: config.engine,
    durability: config.durability,
    backlogBytes: config.backlog,
    logSegmentBytes: config.logSegment,
  }
}
