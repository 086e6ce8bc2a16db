import { InvalidArgumentError } from 'commander'
import { parseDuration, parseSize } from '../config/quantity.ts'
import type { LoadSettings } from '../loadgen/load-settings.ts'
import { parseTarget } from '../loadgen/target.ts'
import { readTokenFile } from './token-file.ts'

/** Options of `headgate bench` as commander hands them over: numbers, milliseconds and bytes already read. */
export interface BenchOptions {
  readonly target: string
  readonly tokenFile?: string
  readonly rate: number
  readonly arrivals: 'constant' | 'poisson'
  readonly closed?: true
  readonly connections: number
  readonly pipeline: number
  readonly writes: number
  readonly keys: number
  readonly keyPrefix: string
  readonly distribution: 'uniform' | 'zipf'
  readonly zipfExponent: number
  readonly valueSize: number
  readonly duration: number
  readonly warmup: number
  readonly drain: number
  readonly backlog: number
  readonly preload?: true
  readonly seed?: number
  readonly json?: true
  readonly quiet?: true
}

/** Bytes the generator may have in flight: connections, requests on each and the value size multiplied. */
const maxInFlightBytes = 1024 ** 3

/** Throws an Error with a sentence for a person when the options do not go together. */
export function loadSettingsOf(options: BenchOptions, drawSeed: () => number): LoadSettings {
  const token = options.tokenFile === undefined ? undefined : readTokenFile(options.tokenFile)
  const { connections, pipeline, valueSize } = options
  if (options.writes > 0 && connections * pipeline * valueSize > maxInFlightBytes) {
    throw new Error(
      '--connections x --pipeline x --value-size is above 1GiB: the generator would run out of memory first',
    )
  }
  return {
    target: parseTarget(options.target, token),
    mode: options.closed === true ? 'closed' : 'open',
    ratePerSecond: options.rate,
    arrivals: options.arrivals,
    connections,
    pipeline,
    writePercent: options.writes,
    keys: options.keys,
    keyPrefix: options.keyPrefix,
    distribution: options.distribution,
    zipfExponent: options.zipfExponent,
    valueBytes: valueSize,
    durationMs: options.duration,
    warmupMs: options.warmup,
    drainMs: options.drain,
    backlogLimit: options.backlog,
    preload: options.preload === true,
    seed: options.seed ?? drawSeed(),
  }
}

/** A reader of numbers within bounds, for commander. */
export function numberWithin(lowest: number, highest: number, kind: 'whole' | 'real' = 'whole') {
  return (text: string): number => {
    const number = Number(text)
    const fits = text.trim() !== '' && number >= lowest && number <= highest
    if (fits && (kind === 'real' || Number.isInteger(number))) return number
    throw new InvalidArgumentError(`It must be a ${kind} number from ${lowest} to ${highest}.`)
  }
}

/** A reader of durations (`250ms`, `10s`) within bounds in milliseconds. */
export function durationWithin(lowest: string, highest: string) {
  return (text: string): number => {
    const ms = parseDuration(text)
    if (ms !== undefined && ms >= (parseDuration(lowest) ?? 0) && ms <= (parseDuration(highest) ?? 0)) return ms
    throw new InvalidArgumentError(`It must be a duration from ${lowest} to ${highest}, such as 500ms or 10s.`)
  }
}

/** A reader of sizes (`128B`, `4KiB`; a bare number is bytes) up to a bound. */
export function sizeUpTo(highest: string) {
  return (text: string): number => {
    const bytes = parseSize(/^\d+$/.test(text) ? `${text}B` : text)
    if (bytes !== undefined && bytes <= (parseSize(highest) ?? 0)) return bytes
    throw new InvalidArgumentError(`It must be a size up to ${highest}, such as 128B or 4KiB.`)
  }
}

export function keyPrefix(text: string): string {
  if (/^[A-Za-z0-9:._~/-]{0,900}$/.test(text)) return text
  throw new InvalidArgumentError('It may hold letters, digits and : . _ ~ / - only.')
}
