/** What a system has counted itself since it started: a second opinion on what the load generator saw. */
export interface Counters {
  /** Requests answered as they should be; undefined where the system does not count them. */
  readonly good: number | undefined
  /** By what it is: none of these may grow. */
  readonly bad: Readonly<Record<string, number>>
  /** Requests given up because their time was over or their client gone, where the system does not tell these apart. */
  readonly givenUp: number | undefined
  /** Bytes sent to clients. */
  readonly replyBytes: number | undefined
  /** Bytes in the log that is synced before a write is acknowledged; undefined where there is none. */
  readonly durableBytes: number | undefined
}

export const nothingCounted: Counters = {
  good: undefined,
  bad: {},
  givenUp: undefined,
  replyBytes: undefined,
  durableBytes: undefined,
}

/** What a load claims to have done. */
export interface Claim {
  readonly requests: number
  /** Requests that may have been under way when the generator ended, and were given up. */
  readonly underWay: number
  /** Bytes of every right answer, where they are all the same. */
  readonly replyBytesEach?: number
  /** Bytes that each request must have made durable before it was answered. */
  readonly durableBytesEach?: number
}

/** Requests may be counted late, or be under way when a load is cut off. */
const tolerance = 0.02
/** Bytes of answers to the bench's own questions and to what generators ask before they begin. */
const otherReplyBytes = 64 * 1024

/** Reasons why a load did not do what it claims, by what the system counted before and after. */
export function contradictions(before: Counters, after: Counters, claim: Claim): readonly string[] {
  const found: string[] = []
  for (const [what, count] of Object.entries(after.bad)) {
    const more = count - (before.bad[what] ?? 0)
    if (!(more <= 0)) found.push(`${what}: ${more}`)
  }
  const { requests, underWay, replyBytesEach, durableBytesEach } = claim
  const givenUp = grown(before.givenUp, after.givenUp) ?? 0
  if (!(givenUp <= underWay)) found.push(`requests given up: ${givenUp}`)
  const good = grown(before.good, after.good)
  if (good !== undefined && !(good >= requests * (1 - tolerance))) {
    found.push(`the generator counts ${requests} answers, the system ${good}`)
  }
  const sent = grown(before.replyBytes, after.replyBytes)
  if (sent !== undefined && replyBytesEach !== undefined) {
    const right = (good ?? requests) * replyBytesEach
    if (!(sent >= right * (1 - tolerance) && sent <= right * (1 + tolerance) + otherReplyBytes)) {
      const each = (sent / (good ?? requests)).toFixed(1)
      found.push(`answers have ${each} bytes on average, right ones have ${replyBytesEach}`)
    }
  }
  const durable = grown(before.durableBytes, after.durableBytes)
  if (durable !== undefined && durableBytesEach !== undefined && !(durable >= requests * durableBytesEach)) {
    found.push(`${requests} writes were acknowledged and the log grew by ${durable} bytes only`)
  }
  return found
}

function grown(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before
}
