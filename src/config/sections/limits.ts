import type { z } from 'zod'
import { section } from '../option.ts'
import { connectionLimits } from './limits-connection.ts'
import { workLimits } from './limits-work.ts'

export const limitsSection = section('Hard bounds on everything a client can make this node hold or do.', {
  ...connectionLimits,
  ...workLimits,
})

/** Per connection and per message, then per shard and for the whole node. Every member is a hard bound. */
export interface LimitsSettings {
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  readonly connectionRatePerIp: number
  readonly connectionBurstPerIp: number
  readonly maxHeaderBytes: number
  readonly maxHeaders: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxValueBytes: number
  readonly maxRequestBytes: number
  readonly maxRespArguments: number
  readonly maxBatchOps: number
  readonly pipelineHttp: number
  readonly pipelineResp: number
  readonly outputBufferBytes: number
  readonly outputBufferHardBytes: number
  readonly outputBufferTotalBytes: number
  /** IP addresses and CIDR ranges that the limits per address do not bind. */
  readonly trustedAddresses: readonly string[]
  readonly timeoutMs: number
  readonly queryTimeoutMs: number
  readonly queueLength: number
  readonly queueAgeMs: number
  readonly inFlight: number
  readonly maxScans: number
  readonly bodyBudgetBytes: number
  readonly mergeBudgetBytes: number
  readonly idempotencyTtlMs: number
  readonly idempotencyEntries: number
  readonly maxLeases: number
  readonly drainTimeoutMs: number
}

export function limitsSettings(config: z.output<typeof limitsSection>): LimitsSettings {
  return {
    maxConnections: config.maxConnections,
    maxConnectionsPerIp: Math.min(config.maxConnectionsPerIp, config.maxConnections),
    connectionRatePerIp: config.connectionRatePerIp,
    connectionBurstPerIp: config.connectionBurstPerIp,
    maxHeaderBytes: config.maxHeader,
    maxHeaders: config.maxHeaders,
    headersTimeoutMs: config.headersTimeout,
    requestTimeoutMs: config.requestTimeout,
    idleTimeoutMs: config.idleTimeout,
    maxValueBytes: config.maxValue,
    maxRequestBytes: config.maxRequest,
    maxRespArguments: config.maxRespArguments,
    maxBatchOps: config.maxBatchOps,
    pipelineHttp: config.pipelineHttp,
    pipelineResp: config.pipelineResp,
    outputBufferBytes: config.outputBuffer,
    outputBufferHardBytes: config.outputBufferHard,
    outputBufferTotalBytes: config.outputBufferTotal,
    trustedAddresses: config.trustedAddresses,
    timeoutMs: config.timeout,
    queryTimeoutMs: config.queryTimeout,
    queueLength: config.queueLength,
    queueAgeMs: config.queueAge,
    inFlight: config.inFlight,
    maxScans: config.maxScans,
    bodyBudgetBytes: config.bodyBudget,
    mergeBudgetBytes: config.mergeBudget,
    idempotencyTtlMs: config.idempotencyTtl,
    idempotencyEntries: config.idempotencyEntries,
    maxLeases: config.maxLeases,
    drainTimeoutMs: config.drainTimeout,
  }
}
