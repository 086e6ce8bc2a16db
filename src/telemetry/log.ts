import { type DestinationStream, type Logger, pino } from 'pino'
import type { ControlEvents } from './control-events.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogSettings {
  readonly level: LogLevel
  readonly cluster: string
  readonly nodeId: string
}

/** Names that end like this, or are `value` (what clients store), never leave the process, at any depth. */
const secretEndings = ['authorization', 'password', 'secret', 'token'] as const
const censored = '[hidden]'
const maxDepth = 4

/**
 * The log: one JSON object a line on standard output, one line for each control decision, none for a request (a line
 * costs 6 us, half a request).
 */
export function createLog(settings: LogSettings, destination?: DestinationStream): Logger {
  const options = {
    level: settings.level,
    base: { cluster: settings.cluster, node: settings.nodeId },
    timestamp: pino.stdTimeFunctions.isoTime,
    // `withoutSecrets` has already made errors plain.
    serializers: { err: (value: unknown) => value },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => withoutSecrets(fields),
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** Where control decisions go: the log, and whoever follows `GET /v1/events`. */
export interface DecisionLog {
  readonly logger: Logger
  readonly events: ControlEvents
}

/**
 * Says what the node decided and why: one log line, one control event. `what` is a short fixed name (`drain-started`),
 * `why` a sentence.
 */
export function decision(
  log: DecisionLog,
  what: string,
  why: string,
  fields: Readonly<Record<string, unknown>> = {},
  level: 'info' | 'warn' | 'error' = 'info',
): void {
  log.logger[level]({ ...fields, decision: what }, why)
  log.events.publish(what, why, withoutSecrets(fields))
}

/** A copy with the values of secret names replaced. Errors become their name, message and stack. */
export function withoutSecrets(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return clean(fields, 0) as Record<string, unknown>
}

function clean(value: unknown, depth: number): unknown {
  if (value instanceof Error) return { type: value.name, message: value.message, stack: value.stack }
  if (Array.isArray(value)) return depth < maxDepth ? value.map((item) => clean(item, depth + 1)) : '[deep]'
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth >= maxDepth) return '[deep]'
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, isSecret(name) ? censored : clean(held, depth + 1)]),
  )
}

function isSecret(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === 'value' || secretEndings.some((ending) => lower.endsWith(ending))
}
