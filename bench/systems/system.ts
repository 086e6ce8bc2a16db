import type { Counters } from '../counters/counters.ts'

/** What is measured: a server with one configuration and, usually, a preloaded store. */
export interface System {
  /** Unique among systems; names the run in results. */
  readonly name: string
  /** The program that must be installed. */
  readonly program: string
  /** File below `bench/peers` that holds its configuration. */
  readonly configuration: string
  /** Undefined for one that keeps nothing. */
  readonly data: DataSet | undefined
  /** Starts it on the measured processor, with its data and everything else it writes in `folder`. */
  start(folder: string): Promise<RunningSystem>
}

export interface DataSet {
  /** Names the folder; systems with the same name share it. */
  readonly name: string
  /** It forgets when it stops, so it is loaded after every start. */
  readonly volatile: boolean
  readonly records: number
  readonly valueBytes: number
  load(system: RunningSystem, records: RecordSource): Promise<void>
}

/** Records to load, by number from 0. */
export interface RecordSource {
  readonly count: number
  readonly valueBytes: number
  key(index: number): string
  /** JSON text of exactly `valueBytes` bytes. */
  value(index: number): string
}

export interface RunningSystem {
  readonly pid: number
  /** Of the protocol that the loads of this system speak. */
  readonly port: number
  /** The other port of a system with two protocols; else the same. */
  readonly respPort: number
  counters(): Promise<Counters>
  /** Resolves when what earlier writes left to do in the background is done. */
  settle(): Promise<void>
  /** Ends it so that its data can be used again. */
  stop(): Promise<void>
  /** Ends it at once; its data is thrown away. */
  kill(): Promise<void>
}
