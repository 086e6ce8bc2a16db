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

const respSeries = { read: seriesOf('resp', 'read'), write: seriesOf('resp', 'write') }
const respOther = seriesOf('resp', 'other')
const brokenProtocol = new GatewayError('malformed', 'The client broke the Redis protocol.')

/** A record that is not there is an answer, as a nil is to Redis clients. */
export function httpHooks(telemetry: Telemetry, onDefect: (error: unknown) => void): HttpHooks {
  return {
    onDefect,
    onRequest(kind, arrivedAt, endedAt, _status, error) {
      const series = httpSeries[kind]
      if (error === undefined || error.code === 'not-found') telemetry.answered(series, endedAt - arrivedAt, 1)
      else telemetry.failed(series, error)
    },
  }
}

export function respHooks(telemetry: Telemetry): RespTelemetry {
  return {
    onBatch: (kind, count, arrivedAt, endedAt) => telemetry.answered(respSeries[kind], endedAt - arrivedAt, count),
    onError: (kind, error) => telemetry.failed(respSeries[kind], error),
    onProtocolError: () => telemetry.failed(respOther, brokenProtocol),
  }
}

export function executionObserver(telemetry: Telemetry): ExecutionObserver {
  return {
    answered: (kind, _target, waitedMs, storeMs) => telemetry.executed(classOf[kind], waitedMs, storeMs),
  }
}
