import { z } from 'zod'
import { documented, flag, path, section, text, whole } from '../option.ts'

export const roles = ['read', 'write', 'admin'] as const
export type RoleName = (typeof roles)[number]

const rate = documented(
  z.strictObject({
    perSecond: documented(whole([1, 10_000_000]), {
      meaning: 'Requests a second this client may send, sustained.',
      unit: 'requests per second',
      effect: 'Above it, requests are answered 429 with the exact Retry-After.',
      standard: 'required in every rate',
      range: '1 to 10000000',
    }),
    burst: documented(whole([1, 10_000_000]).optional(), {
      meaning: 'Requests this client may send at once after a pause.',
      unit: 'requests',
      effect: 'Higher tolerates bursts; the sustained rate stays.',
      standard: 'the value of perSecond',
      range: '1 to 10000000',
    }),
  }),
  { meaning: 'How much one client may ask; without it the client has no quota.' },
)

const client = documented(
  z.strictObject({
    name: documented(text(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, dots, hyphens and underscores, at most 64'), {
      meaning: 'Name of the client; the user name for AUTH on the Redis protocol.',
      unit: 'name',
      effect: 'Rates, logs and metrics go by it.',
      standard: 'required in every entry',
    }),
    token: documented(z.string().optional(), {
      meaning: 'Secret of the client; prefer tokenFile, or an environment variable.',
      unit: 'secret',
      effect: 'Sent as `Authorization: Bearer` or as the password of AUTH.',
      standard: 'none: tokenFile gives it',
    }),
    tokenFile: documented(path().optional(), {
      meaning: 'File that holds the secret of the client.',
      unit: 'path',
      effect: 'Read at start; a line break at the end is ignored. Only its owner should be able to read it.',
      standard: 'none: token gives it',
    }),
    roles: documented(z.array(z.enum(roles)).min(1).default(['read', 'write']), {
      meaning: 'What the client may do: read, write, admin.',
      unit: 'list of values',
      effect: 'read and write open the data ports, admin the admin port.',
    }),
    rate: rate.optional(),
  }),
  { meaning: 'One client.' },
)

const tls = documented(
  z.strictObject({
    certFile: documented(path(), {
      meaning: 'Certificate of this node and those that lead to its authority, PEM.',
      unit: 'path',
      effect: 'Shown to every client. Read at start.',
      standard: 'required in tls',
    }),
    keyFile: documented(path(), {
      meaning: 'Private key of the certificate, PEM.',
      unit: 'path',
      effect: 'Read at start. Only its owner should be able to read it.',
      standard: 'required in tls',
    }),
    caFile: documented(path().optional(), {
      meaning: 'Certificate authority that client certificates must be signed by, PEM.',
      unit: 'path',
      effect: 'Client certificates are not available in this release: clients show tokens.',
      standard: 'none',
      later: true,
    }),
  }),
  { meaning: 'Encrypts the HTTP and Redis ports; the admin port stays unencrypted.' },
)

export const securitySection = section('Who may connect, and as what.', {
  allowAnonymous: flag(false, {
    meaning: 'Whether requests without a token are served.',
    effect:
      'Loopback listeners without any clients serve everyone anyway. With clients, true gives requests without a token ' +
      'the roles read and write. Without clients, true allows listeners beyond loopback and gives everyone every role.',
  }),
  clients: documented(z.array(client).default([]), {
    meaning: 'The clients that may connect.',
    unit: 'list',
    effect: 'As soon as there is one, a token is required (unless allowAnonymous).',
    standard: 'none',
  }),
  tls: tls.optional(),
  peerSecret: peer(
    z.string().optional(),
    'Secret that the nodes of the cluster share; prefer peerSecretFile.',
    'secret',
  ),
  peerSecretFile: peer(path().optional(), 'File that holds the secret that the nodes of the cluster share.', 'path'),
})

function peer<S extends z.ZodType>(schema: S, meaning: string, unit: string): S {
  const effect = 'Required to join nodes into a cluster, which is not available in this release.'
  return documented(schema, { meaning, unit, effect, standard: 'none', later: true })
}

export interface RateSettings {
  readonly requestsPerSecond: number
  readonly burst: number
}

export interface ClientSettings {
  readonly name: string
  /** At least one character of visible ASCII. */
  readonly token: string
  readonly roles: readonly RoleName[]
  readonly rate: RateSettings | undefined
}

/** PEM texts. */
export interface TlsSettings {
  readonly cert: string
  readonly key: string
}

export interface SecuritySettings {
  /** What a request without a token may do; empty: it is refused with 401 or NOAUTH. */
  readonly anonymousRoles: readonly RoleName[]
  readonly clients: readonly ClientSettings[]
  /** Whether the file itself says that everybody may come. */
  readonly allowAnonymous: boolean
  /** For the data ports; undefined: they are not encrypted. */
  readonly tls: TlsSettings | undefined
}

export type TlsConfig = z.output<typeof tls>

export type ClientConfig = z.output<typeof client>

/** `tokens[i]` is the secret of `config.clients[i]`. */
export function securitySettings(
  config: z.output<typeof securitySection>,
  tokens: readonly string[],
  tlsFiles: TlsSettings | undefined,
): SecuritySettings {
  return {
    tls: tlsFiles,
    anonymousRoles: anonymousRoles(config),
    allowAnonymous: config.allowAnonymous,
    clients: config.clients.map((entry, index) => ({
      name: entry.name,
      token: tokens[index] ?? '',
      roles: [...new Set(entry.roles)],
      rate: entry.rate && {
        requestsPerSecond: entry.rate.perSecond,
        burst: entry.rate.burst ?? entry.rate.perSecond,
      },
    })),
  }
}

function anonymousRoles(config: z.output<typeof securitySection>): readonly RoleName[] {
  if (config.clients.length === 0) return roles
  return config.allowAnonymous ? ['read', 'write'] : []
}
