import { GatewayError } from '../../errors.ts'
import type { Client } from '../../operation/operation.ts'
import { bodyTooLarge } from './codec/codec-errors.ts'
import type { RequestHead } from './codec/request-head.ts'
import type { Exchange } from './exchange.ts'
import type { Resource } from './routes.ts'

const noResource = new GatewayError('route-not-found', 'Nothing is served under this path.')
const noMethod = new GatewayError('method-not-allowed', 'The Allow header lists the methods of this resource.')

/** Why a request is turned away on sight of its head: `stranger`, if not for less. Tells the exchange what was called. */
export function refusalOf(
  exchange: Exchange,
  head: RequestHead,
  resource: Resource | undefined,
  client: Client | undefined,
  stranger: GatewayError | undefined,
): GatewayError | undefined {
  const { context, operation } = exchange
  const call = resource?.calls[head.method]
  if (call !== undefined) exchange.call = call
  if (stranger !== undefined) return stranger
  if (resource === undefined) return noResource
  if (call === undefined) {
    exchange.allow = resource.allow
    return noMethod
  }
  if (!client!.roles.has(call.role)) {
    return new GatewayError('forbidden', `The client ${client!.name} lacks the role "${call.role}".`)
  }
  const limitBytes = call.bodyLimit(context.settings)
  if ((head.contentLength ?? 0) > limitBytes) return bodyTooLarge(limitBytes)
  return head.expectsContinue ? context.admitBody(client!, call.role, operation.arrivedAt) : undefined
}
