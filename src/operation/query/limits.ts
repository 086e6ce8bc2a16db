/** Bounds on what one query may ask; beyond them it is a `bad-query`. */
export const queryLimits = {
  /** $and, $or, $nor, $not, $elemMatch inside one another, and members of operands likewise. */
  nesting: 20,
  conditions: 1_000,
  /** Values in all operands together: the members of $in lists and of objects and arrays compared with. */
  operandValues: 20_000,
  pathCharacters: 1_024,
  pathSegments: 32,
  /** In the paths of all conditions together. */
  conditionSegments: 10_000,
  select: 100,
  orderBy: 8,
  groupBy: 8,
  aggregates: 32,
  nameCharacters: 256,
  offset: 100_000,
  prefixBytes: 1_024,
} as const
