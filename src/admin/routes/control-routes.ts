import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { decision } from '../../telemetry/log.ts'
import type { AdminDeps } from '../node-view.ts'
import { AdminError } from '../problem.ts'
import { QueryParameters } from '../query-parameters.ts'

const laterOperations = ['switch', 'failover', 'split', 'merge'] as const

/** What can be done. Every call is logged with who made it; `?dryRun=true` says what would happen and does nothing. */
export function controlRoutes(app: FastifyInstance, { control, health, log, node }: AdminDeps): void {
  app.post('/v1/drain', (request, reply) => {
    const dryRun = new QueryParameters(request.url, ['dryRun']).flag('dryRun')
    const inFlight = node.shards().reduce((sum, shard) => sum + shard.inFlight + shard.queueLength, 0)
    const connections = node.listeners().reduce((sum, listener) => sum + listener.open, 0)
    const { phase } = health.state
    const already = phase === 'draining' || phase === 'stopped'
    if (!dryRun && !already) {
      decision(log, 'drain-requested', 'the admin port was asked to drain', { client: request.client })
      control.drain(`asked for on the admin port by ${request.client}`)
    }
    return reply.code(dryRun ? 200 : 202).send({ dryRun, phase: health.state.phase, already, inFlight, connections })
  })

  app.post('/v1/reload', async (request) => {
    const dryRun = new QueryParameters(request.url, ['dryRun']).flag('dryRun')
    const { applied, needsRestart, fixed, problems } = await control.reload(dryRun)
    if (problems.length > 0) {
      const detail = 'the configuration is not valid; the old one stays in force'
      throw new AdminError(new GatewayError('bad-parameter', detail), { problems })
    }
    if (!dryRun) {
      const why = 'the admin port was asked to read the configuration again'
      decision(log, 'reloaded', why, { client: request.client, applied, needsRestart, fixed })
    }
    return { dryRun, applied, needsRestart, fixed }
  })

  for (const operation of laterOperations) {
    app.post(`/v1/${operation}`, async () => {
      const detail = `${operation} needs more than one node; this release runs Mach I, one node with all roles`
      throw new AdminError(new GatewayError('not-implemented', detail))
    })
  }
}
