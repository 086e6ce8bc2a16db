import { isIPv4 } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'
import { decision } from '../telemetry/log.ts'
import { AccessControl } from './access.ts'
import type { AdminDeps } from './node-view.ts'
import { createOriginGuard } from './origin-guard.ts'
import { AdminError, refuse } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served to everyone under any name. */
    readonly open?: true
  }
  interface FastifyRequest {
    /** Name of the client that asks; `anonymous` if it showed no token. */
    client: string
  }
}

const wrongTokensPerMinute = 20
const needsRole = 'the admin port needs a client with the role admin: add it to the roles of one in security.clients'

/** Who gets past the door: known host names, no foreign origins, tokens of admins, few wrong tokens. */
export async function guard(app: FastifyInstance, { settings, runtime, log }: AdminDeps): Promise<void> {
  const access = new AccessControl(settings, runtime.random)
  const origins = createOriginGuard({
    host: settings.host,
    ...(settings.hostNames === undefined ? {} : { hostNames: settings.hostNames }),
    get open() {
      return access.open
    },
  })
  await app.register(rateLimit, { global: false, max: wrongTokensPerMinute, timeWindow: 60_000 })
  const wrongTokens = app.createRateLimit()
  app.decorateRequest('client', 'anonymous')

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (request.routeOptions.config.open === true) return
    const strange = origins.refuseHost(request.headers.host)
    if (strange !== undefined) refuse('forbidden', strange)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const foreign = origins.refuseOrigin(request.headers)
      if (foreign !== undefined) refuse('forbidden', foreign)
    }
    await authenticate(request)
  })

  async function authenticate(request: FastifyRequest): Promise<void> {
    const { authorization } = request.headers
    // Whoever can reach a loopback port must not be able to lock its operator out of it.
    if (authorization !== undefined && !isLoopbackAddress(request.ip)) await refuseGuessers(request, false)
    const checked = access.check(authorization)
    if ('client' in checked) {
      request.client = checked.client
      return
    }
    if (checked.refused === 'role') refuse('forbidden', needsRole)
    if (checked.refused === 'unknown') await refuseGuessers(request, true)
    const error = checked.refused === 'unknown' ? ', error="invalid_token"' : ''
    const detail = checked.refused === 'unknown' ? 'this token is not valid' : 'the admin port needs a bearer token'
    refuse('unauthenticated', detail, { 'www-authenticate': `Bearer realm="headgate"${error}` })
  }

  async function refuseGuessers(request: FastifyRequest, wrong: boolean): Promise<void> {
    const seen = await wrongTokens(request, { increment: wrong })
    if (seen.isAllowed || !seen.isExceeded) return
    if (wrong && seen.remaining === 0) {
      const fields = { address: request.ip }
      decision(log, 'admin-tokens-guessed', 'an address sent too many wrong tokens to the admin port', fields, 'warn')
    }
    const detail = 'too many wrong tokens came from this address'
    throw new AdminError(new GatewayError('rate-limited', detail, { reason: 'rate', retryAfterMs: seen.ttl }))
  }
}

function isLoopbackAddress(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'))
}
