import { isIP } from 'node:net'
import { z } from 'zod'
import { count, documented, duration, size } from '../option.ts'

const addressWanted = 'must be an IP address or a range like 10.0.0.0/8'

/** What one connection, or one message on it, may cost. */
export const connectionLimits = {
  maxConnections: count(10_000, [1, 1_000_000], {
    meaning: 'Open client connections of this node, over the HTTP and Redis ports.',
    unit: 'connections',
    effect: 'One more is closed at once. Half of the process limit on open files applies too, if that is lower.',
  }),
  maxConnectionsPerIp: count(256, [1, 1_000_000], {
    meaning: 'Open client connections from one IPv4 address or one IPv6 /64 network.',
    unit: 'connections',
    effect:
      'Keeps one machine from taking every connection; exempt others with trustedAddresses. Where it is left out it is ' +
      'maxConnections at most.',
  }),
  connectionRatePerIp: count(200, [1, 1_000_000], {
    meaning: 'New client connections a second from one address or /64 network, sustained.',
    unit: 'connections per second',
    effect:
      'Faster ones are told so and closed at once, with a warning in the log. Makes a storm of reconnecting clients cheap.',
  }),
  connectionBurstPerIp: count(1000, [1, 1_000_000], {
    meaning: 'New client connections from one address or /64 network at once, after a pause.',
    unit: 'connections',
    effect: 'Raise it for pools that open many connections at start, or list their addresses in trustedAddresses.',
  }),
  trustedAddresses: documented(z.array(z.string().refine(isAddress, { error: addressWanted })).default([]), {
    meaning: 'Addresses that the three limits per address do not bind: load balancers, proxies.',
    unit: 'list of IP addresses or CIDR ranges',
    effect: 'Connections from there count only against maxConnections.',
    standard: 'none',
  }),
  maxHeader: size('8KiB', ['1KiB', '1MiB'], {
    meaning: 'Request line and headers of one HTTP request together.',
    effect: 'Longer is answered 431 (or 414) and closed.',
  }),
  maxHeaders: count(64, [8, 1000], {
    meaning: 'Header lines of one HTTP request.',
    unit: 'headers',
    effect: 'More are answered 431 and closed.',
  }),
  headersTimeout: duration('10s', ['100ms', '10m'], {
    meaning: 'Time from the first byte of a request to the end of its headers.',
    effect: 'Slower is answered 408 and closed, so that a slow client cannot hold a connection.',
  }),
  requestTimeout: duration('30s', ['100ms', '1h'], {
    meaning: 'Time from the first byte of a request to its last.',
    effect:
      'Slower is answered 408 and closed. Raise it for large values over slow lines. An answer may be left unread as long.',
  }),
  idleTimeout: duration('75s', ['1s', '24h'], {
    meaning: 'Time an HTTP connection may stay open without a request.',
    effect:
      'Then it is closed; one of the Redis port never is for that, as in Redis. Keep it above the idle time of pools and load balancers in front.',
  }),
  maxValue: size('1MiB', ['1KiB', '1GiB'], {
    meaning: 'One value.',
    effect: 'Larger is answered 413 before the body is read. Memory in use grows with it times requests in flight.',
  }),
  maxRequest: size('16MiB', ['64KiB', '1GiB'], {
    meaning: 'The body of one HTTP request, or one Redis command with all its arguments.',
    effect:
      'Larger is answered 413; on the Redis port it is read over and answered with an error. Bounds batches and MSET.',
  }),
  maxRespArguments: count(65_536, [16, 1_048_576], {
    meaning: 'Arguments of one Redis command.',
    unit: 'arguments',
    effect: 'More are a protocol error and the connection is closed.',
  }),
  pipelineHttp: count(16, [1, 10_000], {
    meaning: 'Unanswered HTTP requests on one connection.',
    unit: 'requests',
    effect: 'At the limit Headgate stops reading from the connection until an answer has gone; no error.',
  }),
  pipelineResp: count(128, [1, 100_000], {
    meaning: 'Unanswered Redis commands on one connection.',
    unit: 'commands',
    effect: 'At the limit Headgate stops reading from the connection until an answer has gone; no error.',
  }),
  outputBuffer: size('1MiB', ['16KiB', '1GiB'], {
    meaning: 'Answers that one connection has yet to take, before Headgate pauses it.',
    effect: 'Reading from the connection stops until the client has caught up; streams wait.',
  }),
  outputBufferHard: size('8MiB', ['16KiB', '4GiB'], {
    meaning: 'Answers that one connection has yet to take, at most.',
    effect: 'Beyond it the connection is closed: a client that does not read must not fill memory.',
  }),
  outputBufferTotal: size('128MiB', ['1MiB', '64GiB'], {
    meaning: 'Answers that the clients of both data ports together have yet to take, with what they tie up, at most.',
    effect: 'Beyond it clients are disconnected: of those above the average, who has been behind for longest.',
  }),
}

function isAddress(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}
