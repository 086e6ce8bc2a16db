import { GatewayError } from '../errors.ts'
import { type Intent, intentOf, roleNeeded } from '../operation/body.ts'
import type { Client, Operation } from '../operation/operation.ts'
import { type Rate, RateLimiter } from './rate-limiter.ts'

export interface AdmissionSettings {
  /** By client name; a client that is not in it has no quota. */
  readonly rates: ReadonlyMap<string, Rate>
}

/** Clients whose rates are remembered at the same time. */
const mostNames = 100_000

const retryAfterDrainMs = 1_000

/**
 * Whether an operation may come in now: not while draining, only with the role it needs, before its deadline, within the
 * client's rate. Constant time, and nothing is allocated for what is admitted.
 */
export class Admission {
  #rates: ReadonlyMap<string, Rate>
  #draining = false
  readonly #limiter = new RateLimiter(mostNames)

  constructor(settings: AdmissionSettings) {
    this.#rates = settings.rates
  }

  /** The error to answer with, or undefined: admitted. Time is the operation's own time of arrival. */
  admit(operation: Operation): GatewayError | undefined {
    const { client, arrivedAt, body } = operation
    const intent = intentOf[body.kind]
    if (this.#draining) return refusals.draining[intent]
    const role = roleNeeded(body)
    if (!client.roles.has(role)) return refusals.forbidden[role]
    if (operation.deadline <= arrivedAt) return refusals.late[intent]
    if (this.#rates.size === 0) return undefined
    const rate = this.#rates.get(client.name)
    const waitMs = rate === undefined ? 0 : this.#limiter.take(client.name, rate, arrivedAt)
    return waitMs === 0 ? undefined : rateLimited(intent, waitMs)
  }

  /** What `admit` would say to such a request of this client now. Nothing of its rate is used up. */
  foresee(client: Client, intent: Intent, now: number): GatewayError | undefined {
    if (this.#draining) return refusals.draining[intent]
    if (!client.roles.has(intent)) return refusals.forbidden[intent]
    const rate = this.#rates.get(client.name)
    const waitMs = rate === undefined ? 0 : this.#limiter.waitMs(client.name, rate, now)
    return waitMs === 0 ? undefined : rateLimited(intent, waitMs)
  }

  get draining(): boolean {
    return this.#draining
  }

  /** From now on everything is refused. */
  drain(): void {
    this.#draining = true
  }

  /** New quotas; what clients have used is kept. */
  reload(settings: AdmissionSettings): void {
    this.#rates = settings.rates
  }
}

function byIntent(make: (outcome: { readonly outcome?: 'not-applied' }) => GatewayError): Record<Intent, GatewayError> {
  return { read: make({}), write: make({ outcome: 'not-applied' }) }
}

const refusals = {
  draining: byIntent(
    (outcome) =>
      new GatewayError('overloaded', 'This gateway is about to stop; ask another', {
        reason: 'draining',
        retryAfterMs: retryAfterDrainMs,
        ...outcome,
      }),
  ),
  forbidden: {
    read: new GatewayError('forbidden', 'The client may not read'),
    write: new GatewayError('forbidden', 'The client may not write', { outcome: 'not-applied' }),
  },
  late: byIntent((outcome) => new GatewayError('deadline', 'The deadline passed on arrival', outcome)),
}

function rateLimited(intent: Intent, waitMs: number): GatewayError {
  return new GatewayError('rate-limited', 'The client is over its rate; come back later', {
    reason: 'rate',
    retryAfterMs: Math.ceil(waitMs),
    ...(intent === 'write' ? { outcome: 'not-applied' } : {}),
  })
}
