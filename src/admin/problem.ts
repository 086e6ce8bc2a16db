import type { FastifyReply } from 'fastify'
import { GatewayError } from '../errors.ts'

/** An RFC 9457 problem document, as every port of Headgate answers errors. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly retryable: boolean
  readonly reason?: string
  /** What is wrong, one by one, where there is more than one thing. */
  readonly problems?: readonly string[]
}

/** Members of a problem that its error does not decide. */
export interface ProblemExtra {
  readonly problems?: readonly string[]
}

/** What a handler throws to answer a problem. */
export class AdminError extends Error {
  readonly problem: GatewayError
  readonly headers: Readonly<Record<string, string>>
  readonly extra: ProblemExtra

  constructor(
    problem: GatewayError,
    { headers, ...extra }: ProblemExtra & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(problem.detail)
    this.problem = problem
    this.headers = headers ?? {}
    this.extra = extra
  }
}

export function refuse(
  code: GatewayError['code'],
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): never {
  throw new AdminError(new GatewayError(code, detail), { headers })
}

export function problemOf(error: GatewayError, extra: ProblemExtra = {}): Problem {
  const { status, title, retryable } = error.spec
  return {
    type: `urn:headgate:error:${error.code}`,
    title,
    status,
    detail: error.detail,
    code: error.code,
    retryable,
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...extra,
  }
}

/** JSON as the ports of Headgate answer it: a line with its end. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

export function sendProblem(reply: FastifyReply, error: AdminError): FastifyReply {
  const { problem, headers, extra } = error
  const retryAfter: Record<string, string> =
    problem.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(problem.retryAfterMs / 1000)) }
  return reply
    .code(problem.spec.status)
    .headers({ ...retryAfter, ...headers, 'content-type': 'application/problem+json' })
    .send(jsonLine(problemOf(problem, extra)))
}
