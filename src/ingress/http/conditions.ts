import { GatewayError } from '../../errors.ts'
import type { Condition, VersionMatch } from '../../operation/condition.ts'
import { parseEtag, type Version } from '../../operation/record.ts'
import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'

const maxTags = 64
const conditional = (1 << header.ifMatch) | (1 << header.ifNoneMatch)

/** One element of the list and the comma after it (RFC 9110 section 8.8.3). */
const tagPattern = /[ \t]*(?:(W\/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(,|$)/y

/**
 * The versions a list of entity tags names (RFC 9110 section 13.1). Strong comparison leaves weak tags out, since they
 * match nothing; weak comparison takes them for what they stand for. `what` names the list in errors. Throws a
 * `GatewayError` for what is no list.
 */
export function parseVersionMatch(text: string, comparison: 'strong' | 'weak', what: string): VersionMatch {
  if (text.trim() === '*') return '*'
  const versions: Version[] = []
  let tags = 0
  tagPattern.lastIndex = 0
  for (;;) {
    const match = tagPattern.exec(text)
    if (match === null || ++tags > maxTags) {
      throw new GatewayError('malformed', `${what} is neither "*" nor a list of at most ${maxTags} entity tags.`)
    }
    const tag = match[2]
    if (tag !== undefined && (comparison === 'weak' || match[1] === undefined)) {
      const version = parseEtag(tag)
      if (version !== undefined) versions.push(version)
    }
    if (match[3] === '') return versions
  }
}

/** True if no condition is to be looked at, the usual case. */
export function isUnconditional(head: RequestHead): boolean {
  return head.hasNone(conditional)
}

export function conditionOf(ifMatch: string | undefined, ifNoneMatch: string | undefined): Condition | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined
  return {
    ...(ifMatch === undefined ? {} : { ifMatch: parseVersionMatch(ifMatch, 'strong', 'If-Match') }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: parseVersionMatch(ifNoneMatch, 'weak', 'If-None-Match') }),
  }
}

/** The preconditions of a request; throws a `GatewayError` if they are malformed. */
export function conditionOfHead(head: RequestHead): Condition | undefined {
  return conditionOf(head.value(header.ifMatch), head.value(header.ifNoneMatch))
}
