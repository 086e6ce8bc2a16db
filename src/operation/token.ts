/** A committed position of one shard's log. `history` changes when an operator accepts the loss of data. */
export interface Position {
  readonly shard: number
  readonly history: number
  readonly epoch: number
  readonly index: number
}

/** A consistency token: at most one position for each shard, in any order. */
export type Token = readonly Position[]

const maxPositions = 1024

/** Compact text of a token: `shard.history.epoch.index` in base 36, joined by `_`. Empty for an empty token. */
export function formatToken(token: Token): string {
  return token.map(formatPosition).join('_')
}

export function formatPosition(p: Position): string {
  return `${p.shard.toString(36)}.${p.history.toString(36)}.${p.epoch.toString(36)}.${p.index.toString(36)}`
}

const positionPattern = /^[0-9a-z]{1,4}\.[0-9a-z]{1,10}\.[0-9a-z]{1,10}\.[0-9a-z]{1,11}$/

/** The token a text stands for, or undefined if it is not one (wrong shape, a shard twice, more than 1,024 shards). */
export function parseToken(text: string): Token | undefined {
  const positions: Position[] = []
  const seen = new Set<number>()
  for (const part of text.split('_', maxPositions + 1)) {
    if (!positionPattern.test(part) || positions.length === maxPositions) return undefined
    const [shard, history, epoch, index] = part.split('.').map((digits) => Number.parseInt(digits, 36)) as [
      number,
      number,
      number,
      number,
    ]
    if (seen.has(shard) || !Number.isSafeInteger(index)) return undefined
    seen.add(shard)
    positions.push({ shard, history, epoch, index })
  }
  return positions
}

/** True if `a` names a later point of the same shard than `b`. */
export function isAfter(a: Position, b: Position): boolean {
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.index > b.index
}

/** Keeps the maximum of each shard, as a client does with every answer it gets. */
export function mergeTokens(known: Token, fresh: Token): Token {
  const byShard = new Map(known.map((position) => [position.shard, position]))
  for (const position of fresh) {
    const previous = byShard.get(position.shard)
    if (previous === undefined || isAfter(position, previous)) byShard.set(position.shard, position)
  }
  return [...byShard.values()]
}
