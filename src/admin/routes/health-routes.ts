import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ShardRecord } from '../../cluster/coordination/cluster-records.ts'
import { hasStarted, unreadiness } from '../health.ts'
import type { AdminDeps } from '../node-view.ts'
import { refuse } from '../problem.ts'
import { QueryParameters } from '../query-parameters.ts'

/** A duration or a size, as in the configuration file. */
const lagPattern = /^\d{1,12}(ms|s|m|B|KiB|MiB|GiB)$/

const open = { config: { open: true } } as const

/**
 * What load balancers and orchestrators ask: 200 or 503, with the reason as text. They need no token, no known name and
 * no valid `Host`, and never wait.
 */
export function healthRoutes(app: FastifyInstance, { health, node }: Pick<AdminDeps, 'health' | 'node'>): void {
  app.get('/livez', open, (_request, reply) => answer(reply, undefined))

  app.get('/startupz', open, (_request, reply) => {
    answer(reply, hasStarted(health.state) ? undefined : `${health.state.phase}: ${health.state.why}`)
  })

  app.get('/readyz', open, (_request, reply) => answer(reply, unreadiness(health.state, node.impediments)))

  app.get('/leader', open, (request, reply) => {
    const shards = shardsOf(new QueryParameters(request.url, ['shard']).shard())
    const other = shards.find(({ leader }) => leader !== node.nodeId)
    const elsewhere = other === undefined ? undefined : `shard ${other.id} is led by ${other.leader ?? 'nobody'}`
    answer(reply, unreadiness(health.state, node.impediments) ?? elsewhere)
  })

  // The leader counts as a replica without lag; in Mach I there is no other.
  app.get('/replica', open, (request, reply) => {
    const query = new QueryParameters(request.url, ['shard', 'lag'])
    const lag = query.one('lag')
    if (lag !== undefined && !lagPattern.test(lag))
      refuse('bad-parameter', 'lag is a duration like 500ms or a size like 1MiB')
    const shards = shardsOf(query.shard())
    const other = shards.find((shard) => !shard.inSync.some((member) => member.node === node.nodeId))
    const without = other === undefined ? undefined : `this node holds no replica of shard ${other.id}`
    answer(reply, unreadiness(health.state, node.impediments) ?? without)
  })

  app.get('/standby', open, (request, reply) => {
    shardsOf(new QueryParameters(request.url, ['shard']).shard())
    answer(reply, 'this node holds no standby')
  })

  /** The shard asked for, or all of them. */
  function shardsOf(shard: number | undefined): readonly ShardRecord[] {
    const shards = node.topology?.shards ?? []
    if (shard === undefined || node.topology === undefined) return shards
    const asked = shards.filter(({ id }) => id === shard)
    return asked.length > 0 ? asked : refuse('route-not-found', `there is no shard ${shard}`)
  }
}

function answer(reply: FastifyReply, trouble: string | undefined): void {
  void reply
    .code(trouble === undefined ? 200 : 503)
    .type('text/plain; charset=utf-8')
    .send(`${trouble ?? 'ok'}\n`)
}
