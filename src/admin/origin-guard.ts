import { isIP } from 'node:net'
import { foreignOrigin, hostNameOf, isLoopbackHost, type OriginHeaders } from '../ingress/page-origin.ts'

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

export interface OriginGuardSettings {
  /** The host the server is bound to. */
  readonly host: string
  readonly hostNames?: readonly string[]
  /** Requests without a token are served. Where a token is needed any name will do: a foreign page has none. Looked at each time. */
  readonly open: boolean
}

export function createOriginGuard(settings: OriginGuardSettings): OriginGuard {
  const { host, hostNames = [] } = settings
  const loopback = isLoopbackHost(host)
  const names = new Set(['localhost', '127.0.0.1', '::1', host, ...hostNames].map((name) => name.toLowerCase()))
  return {
    refuseHost(header) {
      const name = hostNameOf(header)
      if (name !== undefined && names.has(name)) return undefined
      // Rebinding needs a name; an address cannot be rebound.
      if (!loopback && (!settings.open || (name !== undefined && isIP(name) !== 0))) return undefined
      return name === undefined ? 'a Host header is required' : `this server is not called ${name}`
    },
    refuseOrigin: foreignOrigin,
  }
}
