import type { FastifyInstance } from 'fastify'
import { createRegistry, metricSpecs } from '../../telemetry/metrics/registry.ts'
import { unreadiness } from '../health.ts'
import type { AdminDeps } from '../node-view.ts'

/** `/metrics`, documented in `docs/metrics.md`. */
export function metricsRoutes(app: FastifyInstance, { health, node, telemetry }: AdminDeps): void {
  const registry = createRegistry(
    metricSpecs({
      telemetry,
      shards: node,
      stores: node,
      listeners: node,
      node: {
        get ready() {
          return unreadiness(health.state, node.impediments) === undefined
        },
        get coordinationOk() {
          return node.coordination.ok
        },
        get coordinationRevision() {
          return node.coordination.revision
        },
      },
      version: node.version,
    }),
  )

  app.get('/metrics', async (_request, reply) => {
    const text = await registry.metrics()
    return reply.type(registry.contentType).send(text)
  })
}
