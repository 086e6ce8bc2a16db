import { Admission } from '../../src/admission/admission.ts'
import type { ExecutionSettings } from '../../src/execution/execution.ts'
import { Gateway } from '../../src/gateway.ts'
import type { Body } from '../../src/operation/body.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { QueryMemory } from '../../src/operation/query/query-memory.ts'
import { ArrayStore } from './array-store.ts'
import { Capture } from './capture.ts'
import { bytesOf, operationOf, putOf } from './operations.ts'
import { topologyOf } from './topologies.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

export const roomySettings: ExecutionSettings = {
  inFlight: 100,
  queueLength: 100,
  queueBytes: 1_000_000,
  queueAgeMs: 100,
  maxScans: 10,
  scanQueueLength: 10,
  maxShardsInFlight: 16,
  shardTimeoutMs: 10_000,
  mergeBudgetBytes: 1_000_000,
  maxRevocations: 4,
}

/** A whole gateway over array stores, on a clock that moves when told to. */
export class GatewayHarness {
  readonly runtime = new VirtualRuntime()
  readonly store = new ArrayStore(this.runtime)
  readonly admission = new Admission({ rates: new Map() })
  readonly queries = new QueryMemory(this.runtime, 1 << 30)
  readonly gateway: Gateway

  constructor(shards: number, settings: Partial<ExecutionSettings> = {}, splittable = false) {
    this.gateway = new Gateway({
      admission: this.admission,
      topology: topologyOf(shards),
      routing: { splittable },
      execution: {
        sessions: this.store,
        runtime: this.runtime,
        queries: this.queries,
        settings: { ...roomySettings, ...settings },
      },
    })
  }

  get now(): number {
    return this.runtime.clock.now()
  }

  /** Dispatches from a buffer that is overwritten as soon as the call returns, as an ingress' is. */
  send(body: Body, changes: Partial<Operation> = {}): Capture {
    const capture = new Capture()
    const lent = structuredClone(body)
    this.gateway.dispatch(operationOf(lent, { arrivedAt: this.now, ...changes }), capture)
    for (const bytes of bytesInside(lent)) bytes.fill(0x3f)
    return capture
  }

  /** Puts a record; `value` becomes JSON. */
  put(key: string, value: unknown): void {
    const body = { ...putOf(key, JSON.stringify(value)), contentType: 'application/json' }
    this.send(body).reply('written')
  }

  shardOf(key: string): number {
    return this.gateway.topology.shardOf(bytesOf(key)).id
  }
}

/** Every byte array inside a value. */
function bytesInside(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bytesInside) : []
}
