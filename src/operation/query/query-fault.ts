import { type ErrorCode, GatewayError } from '../../errors.ts'

/** Thrown inside the parser only; `parseQuery` turns it into the error it stands for. */
export class QueryFault extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }

  toGatewayError(): GatewayError {
    return new GatewayError(this.code, this.message)
  }
}

/** A `bad-query`: `place` says where in the request, in the notation `where.a.$in[2]`. */
export function fault(place: string, problem: string): QueryFault {
  return new QueryFault('bad-query', `${shown(place)}: ${problem}`)
}

export function unsupported(place: string, operator: string): QueryFault {
  return new QueryFault('unsupported-operator', `${shown(place)}: the operator ${shown(operator)} is not supported`)
}

/** Names come from the client: cut short, without control characters. */
export function shown(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, '?')
  return clean.length <= 200 ? clean : `${clean.slice(0, 200)}...`
}
