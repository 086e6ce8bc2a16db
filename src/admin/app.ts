import type { Socket } from 'node:net'
import fastify, { type ConnectionError, type FastifyError, type FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import type { EventStreams } from './event-stream.ts'
import { guard } from './guards.ts'
import type { AdminDeps } from './node-view.ts'
import { AdminError, jsonLine, problemOf, sendProblem } from './problem.ts'
import { controlRoutes } from './routes/control-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { healthRoutes } from './routes/health-routes.ts'
import { metricsRoutes } from './routes/metrics-routes.ts'
import { pageRoutes } from './routes/page-routes.ts'
import { readRoutes } from './routes/read-routes.ts'

const maxBodyBytes = 64 * 1024
const maxHeaderBytes = 8 * 1024

/** The admin port's routes. Importing this module loads fastify: some 200 ms. */
export async function buildApp(deps: AdminDeps, streams: EventStreams): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: 10_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    http: { maxHeaderSize: maxHeaderBytes, headersTimeout: 5000, connectionsCheckingInterval: 1000 },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // Queries are read by QueryParameters.
    routerOptions: { querystringParser: () => ({}) },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_error, _request, reply) => {
      sendProblem(reply, new AdminError(new GatewayError('malformed', 'the request target is not valid')))
    },
  })
  app.setReplySerializer(jsonLine)
  acceptJsonOnly(app)
  answerErrors(app, deps)
  await guard(app, deps)
  healthRoutes(app, deps)
  metricsRoutes(app, deps)
  readRoutes(app, deps)
  controlRoutes(app, deps)
  eventRoutes(app, streams)
  pageRoutes(app)
  return app
}

/** Routes have no schemas: without the compilers for them (ajv, fast-json-stringify) fastify starts in half the time. */
function noSchemas(): never {
  throw new Error('routes of the admin port check their input themselves')
}

/** No body is needed anywhere yet; an empty one is fine whatever its type says. */
function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? undefined : JSON.parse(String(body)))
    } catch {
      done(new AdminError(new GatewayError('malformed', 'the body is not JSON')))
    }
  })
}

function answerErrors(app: FastifyInstance, { log }: AdminDeps): void {
  app.setErrorHandler((error: FastifyError | AdminError | GatewayError, request, reply) => {
    if (error instanceof AdminError) return sendProblem(reply, error)
    if (error instanceof GatewayError) return sendProblem(reply, new AdminError(error))
    const known = clientErrorOf(error)
    if (known !== undefined) return sendProblem(reply, new AdminError(known))
    log.logger.error({ err: error, route: request.routeOptions.url }, 'the admin port failed')
    return sendProblem(
      reply,
      new AdminError(new GatewayError('internal', 'this is a fault of Headgate; the log has more')),
    )
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const allowed = ['GET', 'POST'].filter((method) => app.hasRoute({ method, url: path }))
    if (allowed.length === 0) {
      const detail = `there is no ${path} on the admin port`
      return sendProblem(reply, new AdminError(new GatewayError('route-not-found', detail)))
    }
    const headers = { allow: allowed.join(', ') }
    const error = new GatewayError('method-not-allowed', `${path} takes ${headers.allow}`)
    return sendProblem(reply, new AdminError(error, { headers }))
  })
}

/** What is not even HTTP, or took too long to arrive. */
function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const { spec, body } = brokenRequestOf(error.code)
  const head = `HTTP/1.1 ${spec.status} ${spec.title}\r\nConnection: close\r\nContent-Type: application/problem+json`
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

function brokenRequestOf(code: string) {
  const failed =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new GatewayError('request-timeout', 'the request took too long to arrive')
      : code === 'HPE_HEADER_OVERFLOW'
        ? new GatewayError('headers-too-large', `a header section has at most ${maxHeaderBytes} bytes`)
        : new GatewayError('malformed', 'the request is not valid HTTP')
  return { spec: failed.spec, body: jsonLine(problemOf(failed)) }
}

function clientErrorOf({ statusCode, message }: FastifyError): GatewayError | undefined {
  if (statusCode === 413) return new GatewayError('too-large', `a body has at most ${maxBodyBytes} bytes`)
  if (statusCode === 415) return new GatewayError('malformed', 'a body must be application/json')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new GatewayError('malformed', message)
  return undefined
}
