import { isIP } from 'node:net'

/**
 * Keeps a page in somebody's browser from driving a loopback admin port. Such a page reaches it by DNS rebinding, under
 * a name of its own (so: only known names are served), or by sending a form across origins (so: a request that changes
 * something must not come from another origin).
 */
export interface OriginGuard {
  /** Why a `Host` is refused; undefined if it is served. */
  refuseHost(host: string | undefined): string | undefined
  /** Why a state-changing request is refused; undefined if it may go on. */
  refuseOrigin(headers: OriginHeaders): string | undefined
}

export interface OriginHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
}

export interface OriginGuardSettings {
  /** The host the server is bound to. */
  readonly host: string
  readonly hostNames?: readonly string[]
  /** Requests without a token are served. Where a token is needed any name will do: a foreign page has none. Looked at each time. */
  readonly open: boolean
}

export function createOriginGuard(settings: OriginGuardSettings): OriginGuard {
  const { host, hostNames = [] } = settings
  const loopback = isLoopback(host)
  const names = new Set(['localhost', '127.0.0.1', '::1', host, ...hostNames].map((name) => name.toLowerCase()))
  return {
    refuseHost(header) {
      const name = hostNameOf(header)
      if (name !== undefined && names.has(name)) return undefined
      // Rebinding needs a name; an address cannot be rebound.
      if (!loopback && (!settings.open || (name !== undefined && isIP(name) !== 0))) return undefined
      return name === undefined ? 'a Host header is required' : `this server is not called ${name}`
    },
    refuseOrigin(headers) {
      const site = headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request comes from another site'
      if (headers.origin === undefined) return undefined
      const same = headers.host !== undefined && headers.origin.toLowerCase() === `http://${headers.host.toLowerCase()}`
      return same ? undefined : 'the request comes from another origin'
    },
  }
}

/** The name in a `Host` header, in lower case and without port and brackets; undefined if it is none. */
export function hostNameOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_.-]{1,253}))(?::\d{1,5})?$/i.exec(header ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
