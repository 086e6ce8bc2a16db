import type { FastifyInstance } from 'fastify'
import { metricCatalogue } from '../../telemetry/metrics/catalogue.ts'
import { expositionType, renderMetrics } from '../../telemetry/metrics/exposition.ts'
import { unreadiness } from '../health.ts'
import type { AdminDeps } from '../node-view.ts'

/** `/metrics`, documented in `docs/metrics.md`. */
export function metricsRoutes(app: FastifyInstance, { health, node, telemetry }: AdminDeps): void {
  const gauges = {
    get ready() {
      return unreadiness(health.state, node.impediments) === undefined
    },
    get coordinationOk() {
      return node.coordination.ok
    },
    get coordinationRevision() {
      return node.coordination.revision
    },
  }
  const { version } = node
  const specs = metricCatalogue({ telemetry, shards: node, stores: node, listeners: node, node: gauges, version })

  app.get('/metrics', (_request, reply) => {
    void reply.type(expositionType).send(renderMetrics(specs))
  })
}
