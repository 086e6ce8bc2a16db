/** How much of everything a run does. */
export interface Scale {
  readonly rounds: number
  readonly warmupSeconds: number
  readonly shortSeconds: number
  /** How long writes go on in the cases that show what is left when buffers are full. */
  readonly sustainedSeconds: number
  /** Records of 128 B in every store. */
  readonly records: number
  /** Records of 4 KiB, in stores of their own. */
  readonly largeRecords: number
  /** GETs a second beside the queries: an open loop, about a tenth of what one core serves. */
  readonly besideQueriesPerSecond: number
}

export const fullScale: Scale = {
  rounds: 3,
  warmupSeconds: 8,
  shortSeconds: 10,
  sustainedSeconds: 60,
  records: 1_000_000,
  largeRecords: 50_000,
  besideQueriesPerSecond: 5_000,
}

/** Shows that everything works and roughly where it stands. Its figures are not to be published. */
export const quickScale: Scale = {
  rounds: 2,
  warmupSeconds: 1,
  shortSeconds: 2,
  sustainedSeconds: 5,
  records: 100_000,
  largeRecords: 5_000,
  besideQueriesPerSecond: 1_000,
}
