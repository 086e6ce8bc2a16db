/**
 * One stream of bytes and what the codec makes of it: how many requests it accepts, and how the stream stands after
 * them (a number is the status of the refusal).
 */
export interface Case {
  readonly title: string
  readonly input: string
  readonly accepts: number
  readonly end: 'clean' | 'closed' | 'inside' | number
}

/** `accept(n)`: n whole requests and nothing else. */
export function accept(title: string, input: string, accepts = 1): Case {
  return { title, input, accepts, end: 'clean' }
}

/** n requests, after the last of which the connection is closed and nothing more is read. */
export function closes(title: string, input: string, accepts = 1): Case {
  return { title, input, accepts, end: 'closed' }
}

/** n requests, then one that has not come in full. */
export function partial(title: string, input: string, accepts = 0): Case {
  return { title, input, accepts, end: 'inside' }
}

/** n requests, then a refusal with this status. */
export function reject(title: string, status: number, input: string, accepts = 0): Case {
  return { title, input, accepts, end: status }
}

/** Lines with CRLF after each, then the empty line; `body` follows as it is. */
export function request(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** A request with a Host header, for cases that are about something else. */
export function hosted(requestLine: string, headers: readonly string[] = [], body = ''): string {
  return request([requestLine, 'Host: t.example', ...headers], body)
}

/** A chunked body of these pieces. */
export function chunks(...pieces: readonly string[]): string {
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`
}
