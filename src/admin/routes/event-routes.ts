import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { EventStreams } from '../event-stream.ts'
import { AdminError } from '../problem.ts'
import { QueryParameters } from '../query-parameters.ts'

const lastEventIdPattern = /^[0-9a-z]{1,16}-\d{1,15}$/

/** `GET /v1/events[?after=ID]`: control decisions as they are made. */
export function eventRoutes(app: FastifyInstance, streams: EventStreams): void {
  app.get('/v1/events', { exposeHeadRoute: false }, (request, reply) => {
    const after = new QueryParameters(request.url, ['after']).one('after') ?? request.headers['last-event-id']
    if (streams.full) {
      const error = new GatewayError('overloaded', 'too many clients follow the events', {
        reason: 'connections',
        retryAfterMs: 5000,
      })
      throw new AdminError(error)
    }
    const known = typeof after === 'string' && lastEventIdPattern.test(after) ? after : undefined
    // An id that is not ours is of another life of this node: it has missed everything.
    const lastEventId = after === undefined ? undefined : (known ?? '0-0')
    reply.hijack()
    streams.serve(reply.raw, lastEventId)
  })
}
