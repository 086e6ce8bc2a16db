import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { metricCatalogue } from '../../telemetry/metrics/catalogue.ts'
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
  const specs = metricCatalogue({
    telemetry,
    shards: node,
    queries: node,
    stores: node,
    listeners: node,
    node: gauges,
    version,
  })

  // Loading prom-client would be a good part of a node's start: it waits for the first scrape.
  let loading: Promise<Registry> | undefined
  const load = async () => (await import('../../telemetry/metrics/registry.ts')).createRegistry(specs)

  app.get('/metrics', async (_request, reply) => {
    loading ??= load()
    const registry = await loading
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
