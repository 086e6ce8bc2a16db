import { GatewayError } from '../errors.ts'
import type { ExecutionObserver } from '../execution/observer.ts'
import type { HttpHooks, RequestKind } from '../ingress/http/context.ts'
import type { RespTelemetry } from '../ingress/resp/resp-server.ts'
import { classOf, type OperationClass, seriesOf } from '../telemetry/operation-class.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

const classOfRequest = {
  get: 'read',
  head: 'read',
  put: 'write',
  delete: 'write',
  create: 'write',
  batch: 'batch',
  scan: 'scan',
  count: 'scan',
  query: 'query',
  lease: 'lease',
  none: 'other',
} as const satisfies Record<RequestKind, OperationClass>

const httpSeries = Object.fromEntries(
  Object.entries(classOfRequest).map(([kind, operation]) => [kind, seriesOf('http', operation)]),
) as Record<RequestKind, number>

const respReads = seriesOf('resp', 'read')
const respWrites = seriesOf('resp', 'write')

export function httpHooks(telemetry: Telemetry, onDefect: (error: unknown) => void): HttpHooks {
  return {
    onDefect,
    onRequest(kind, arrivedAt, endedAt, _status, error) {
      const series = httpSeries[kind]
      if (error === undefined) telemetry.answered(series, endedAt - arrivedAt, 0, 1)
      else telemetry.failed(series, new GatewayError(error, ''))
    },
  }
}

export function respHooks(telemetry: Telemetry): RespTelemetry {
  return {
    onBatch(kind, count, arrivedAt, endedAt) {
      telemetry.answered(kind === 'read' ? respReads : respWrites, endedAt - arrivedAt, 0, count)
    },
  }
}

export function executionObserver(_telemetry: Telemetry): ExecutionObserver {
  return { answered: (kind) => void classOf[kind] }
}
