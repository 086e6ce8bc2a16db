import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { maxKeyBytes } from '../../operation/body.ts'
import {
  type ExplainableOperation,
  type Explanation,
  explainableOperations,
  isRangeOperation,
} from '../../routing/explanation.ts'
import { unreadiness } from '../health.ts'
import type { AdminDeps } from '../node-view.ts'
import { AdminError, refuse } from '../problem.ts'
import { QueryParameters } from '../query-parameters.ts'
import { statusOf } from '../status.ts'

const maxExplainedKeys = 100

/** What can be looked at. */
export function readRoutes(app: FastifyInstance, deps: AdminDeps): void {
  const { node, health } = deps

  app.get('/v1/status', async (request) => {
    new QueryParameters(request.url, [])
    return statusOf(deps)
  })

  app.get('/v1/topology', async (request) => {
    new QueryParameters(request.url, [])
    const { topology } = node
    if (topology === undefined) throw new AdminError(new GatewayError('unavailable', 'the topology is not known yet'))
    const { map, shards, epoch, revision } = topology
    return { cluster: map.cluster, clusterId: map.clusterId, revision, epoch, ranges: map.ranges, shards }
  })

  app.get('/v1/nodes', async (request) => {
    new QueryParameters(request.url, [])
    const addresses = Object.fromEntries(node.listeners().map(({ listener, address }) => [listener, address]))
    const { nodeId: id, grade, roles, version } = node
    return {
      nodes: [
        { id, grade, roles, version, addresses, ready: unreadiness(health.state, node.impediments) === undefined },
      ],
    }
  })

  app.get('/v1/signals', async (request) => {
    new QueryParameters(request.url, [])
    return { signals: [], note: 'this release runs one node and derives no scale signals' }
  })

  app.get('/v1/explain', async (request): Promise<Explanation> => {
    const query = new QueryParameters(request.url, ['op', 'key', 'keyBase64'])
    const operation = operationOf(query.one('op'))
    const keys = query.all('key', 'keyBase64').map(([name, value]) => (name === 'key' ? value : fromBase64(value)))
    const overRange = isRangeOperation(operation)
    if (keys.length === 0 && !overRange) refuse('bad-parameter', `explaining a ${operation} needs a key`)
    if (keys.length > 1 && overRange) refuse('bad-parameter', `a ${operation} takes one prefix: give one key, or none`)
    if (keys.length > maxExplainedKeys) refuse('too-large', `at most ${maxExplainedKeys} keys are explained at once`)
    const bad = keys.find((key) => key.length === 0 || key.length > maxKeyBytes)
    if (bad !== undefined) refuse('bad-key', `a key has 1..${maxKeyBytes} bytes, not ${bad.length}`)
    return node.explain(operation, keys)
  })
}

function operationOf(text: string | undefined): ExplainableOperation {
  const found = explainableOperations.find((operation) => operation === text)
  return found ?? refuse('bad-parameter', `op is one of ${explainableOperations.join(', ')}`)
}

function fromBase64(value: Buffer): Buffer {
  const text = value.toString('latin1')
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) refuse('bad-key', 'keyBase64 is not base64')
  return Buffer.from(text, 'base64')
}
