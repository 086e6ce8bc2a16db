import { isIP } from 'node:net'
import { GatewayError } from '../../errors.ts'
import { foreignOrigin, hostNameOf, isLoopbackHost } from '../page-origin.ts'
import { header } from './codec/header-names.ts'
import { method } from './codec/methods.ts'
import type { RequestHead } from './codec/request-head.ts'

const wayOut = 'Pages of other origins may not use this port; programs may, and so may whoever shows a token'
const ofPages = (1 << header.origin) | (1 << header.secFetchSite)

/**
 * Keeps pages in somebody's browser from using the data port through requests that show no token and are served all the
 * same. A page cannot show one across origins: `Authorization` takes a preflight (Fetch, section 4.8), which is refused.
 */
export class PageGuard {
  private readonly host: string
  private readonly knowsHosts: boolean

  /** `host`: what is listened on. Beyond loopback a node may have names that it does not know. */
  constructor(host: string) {
    this.host = host.toLowerCase()
    this.knowsHosts = isLoopbackHost(this.host)
  }

  /** Whether `refuseHost` may refuse anything. */
  get looksAtHosts(): boolean {
    return this.knowsHosts
  }

  /** A request for another name than this server has. No name at all, as HTTP/1.0 allows, comes from no browser. */
  refuseHost(host: string | undefined): GatewayError | undefined {
    if (!this.knowsHosts || host === undefined) return undefined
    const name = hostNameOf(host)
    if (name !== undefined && (isIP(name) !== 0 || name === 'localhost' || name === this.host)) return undefined
    return new GatewayError('forbidden', `This server is not called ${name ?? 'that'}. ${wayOut}.`)
  }

  /** A request by another origin's page that may change something, or makes work that its page could not see. */
  refuseOrigin(head: RequestHead): GatewayError | undefined {
    if (head.hasNone(ofPages) || head.method === method.get || head.method === method.head) return undefined
    const headers = {
      host: head.value(header.host),
      origin: head.value(header.origin),
      'sec-fetch-site': head.value(header.secFetchSite),
    }
    const foreign = foreignOrigin(headers)
    return foreign === undefined
      ? undefined
      : new GatewayError('forbidden', `This is not done because ${foreign}. ${wayOut}.`)
  }
}
