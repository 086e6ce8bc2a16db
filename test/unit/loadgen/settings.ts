import type { LoadSettings } from '../../../src/loadgen/load-settings.ts'
import type { LoadWatcher } from '../../../src/loadgen/run-load.ts'

export const quietWatcher: LoadWatcher = { onPreload: () => undefined, onSecond: () => undefined }

/** Settings of a short run against a toy server on loopback. */
export function shortRun(protocol: 'http' | 'resp', port: number, changed: Partial<LoadSettings> = {}): LoadSettings {
  return {
    target: { protocol, host: '127.0.0.1', port, user: undefined, token: undefined },
    mode: 'open',
    ratePerSecond: 500,
    arrivals: 'constant',
    connections: 4,
    pipeline: 1,
    writePercent: 20,
    keys: 100,
    keyPrefix: 'k:',
    distribution: 'uniform',
    zipfExponent: 0.99,
    valueBytes: 32,
    durationMs: 400,
    warmupMs: 0,
    drainMs: 2000,
    backlogLimit: 10_000,
    preload: false,
    seed: 7,
    ...changed,
  }
}
