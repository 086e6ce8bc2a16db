import { z } from 'zod'
import { choice, documented, duration, path, section, text } from '../option.ts'

export const coordinationSection = section('Where the cluster keeps its shared view: nodes, shards, roles.', {
  kind: choice(['embedded', 'etcd'], 'embedded', {
    meaning: 'Who keeps the shared view: Headgate itself or an etcd cluster.',
    effect: 'embedded persists it in dataDir and suits one machine. etcd is not available in this release.',
  }),
  join: documented(text(/^[^\s/]+:\d{1,5}$/, 'host:port').optional(), {
    meaning: 'Peer address of the node that serves embedded coordination.',
    unit: 'host:port',
    effect: 'Makes this node join a cluster instead of serving coordination itself.',
    standard: 'none: this node serves it',
    later: true,
  }),
  endpoints: documented(z.array(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })).optional(), {
    meaning: 'Addresses of the etcd cluster.',
    unit: 'list of URLs',
    effect: 'Any one that answers is used.',
    standard: 'none',
    later: true,
  }),
  username: etcdText('User name for etcd.', 'name'),
  password: etcdText('Password for etcd; prefer passwordFile.', 'secret'),
  passwordFile: etcdPath('File that holds the password for etcd.'),
  caFile: etcdPath('Certificate authority that signed the certificates of etcd, PEM.'),
  certFile: etcdPath('Certificate that this node shows to etcd, PEM.'),
  keyFile: etcdPath('Private key of certFile, PEM.'),
  leaseTtl: duration('3s', ['1s', '1m'], {
    meaning: 'How long the shared view remembers a node that has fallen silent.',
    effect: 'Shorter finds silent partitions sooner but mistakes pauses for deaths. A single node never waits for it.',
  }),
})

function etcdText(meaning: string, unit: string) {
  const effect = 'Used only with coordination.kind etcd.'
  return documented(z.string().min(1).optional(), { meaning, unit, effect, standard: 'none', later: true })
}

function etcdPath(meaning: string) {
  const effect = 'Used only with coordination.kind etcd.'
  return documented(path().optional(), { meaning, unit: 'path', effect, standard: 'none', later: true })
}

/** Keys that mean something only with `kind: etcd`. */
export const etcdKeys = ['endpoints', 'username', 'password', 'passwordFile', 'caFile', 'certFile', 'keyFile'] as const

export interface CoordinationSettings {
  readonly kind: 'embedded'
  readonly leaseTtlMs: number
}

export function coordinationSettings(config: z.output<typeof coordinationSection>): CoordinationSettings {
  return { kind: 'embedded', leaseTtlMs: config.leaseTtl }
}
