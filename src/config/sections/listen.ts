import type { z } from 'zod'
import { documented, section, text, whole } from '../option.ts'

const hostPattern = /^[A-Za-z0-9_.:-]{1,253}$/

export const listenSection = section('The addresses this node listens on.', {
  http: address(7400, 'the HTTP records API', 'Clients connect here.'),
  resp: address(7401, 'the Redis protocol', 'Redis clients connect here.'),
  admin: address(7402, 'health checks, metrics, status and control', 'Never queues behind client traffic.'),
  peer: address(7403, 'other nodes of the cluster', 'Not opened in this release, which runs one node.'),
})

function address(port: number, what: string, note: string) {
  return section(`Address for ${what}.`, {
    host: documented(text(hostPattern, 'a host name or an IP address, without a port').default('127.0.0.1'), {
      meaning: `Host name or IP address to bind for ${what}.`,
      unit: 'address',
      effect: `${note} 0.0.0.0 or :: binds every interface; anything but loopback needs security.clients.`,
    }),
    port: documented(whole([0, 65_535]).default(port), {
      meaning: `TCP port for ${what}.`,
      unit: 'port',
      effect: `${note} 0 takes any free port, shown at start.`,
      range: '0 to 65535',
    }),
  })
}

export interface AddressSettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

export interface ListenSettings {
  readonly http: AddressSettings
  readonly resp: AddressSettings
  readonly admin: AddressSettings
}

/** The listeners that are opened, in the order they are shown. */
export const listenerNames = ['http', 'resp', 'admin'] as const satisfies readonly (keyof ListenSettings)[]

export function listenSettings(config: z.output<typeof listenSection>): ListenSettings {
  return { http: config.http, resp: config.resp, admin: config.admin }
}

/** Whether only this machine can reach a listener bound to `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
