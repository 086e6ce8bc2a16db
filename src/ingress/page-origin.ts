/**
 * What tells a request that a page in somebody's browser makes from one of a program. Such a page reaches a port behind
 * the firewall by sending a form across origins (Fetch, section 3.2.5: no preflight is made for those), or under a name
 * of its own that it lets point here (DNS rebinding).
 */
export interface OriginHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
}

/** Why a request is one of a page of another origin; undefined if it is not. */
export function foreignOrigin({ host, origin, 'sec-fetch-site': site }: OriginHeaders): string | undefined {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request comes from another site'
  if (origin === undefined) return undefined
  const from = /^https?:\/\/(.*)$/i.exec(origin)?.[1]?.toLowerCase()
  return from !== undefined && from === host?.toLowerCase() ? undefined : 'the request comes from another origin'
}

/** The name in a `Host` header, in lower case and without port and brackets; undefined if it is none. */
export function hostNameOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_.-]{1,253}))(?::\d{1,5})?$/i.exec(header ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

/** Whether a host that is listened on can be reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
