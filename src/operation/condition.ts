import { type RecordView, sameVersion, type Version } from './record.ts'

/** `*` or a list of versions; a tag Headgate never made matches nothing and is dropped while parsing. */
export type VersionMatch = '*' | readonly Version[]

/** The preconditions of a write. All that are present must hold. */
export interface Condition {
  /** RFC 9110 section 13.1.1: the record exists and (unless `*`) has one of these versions. */
  readonly ifMatch?: VersionMatch
  /** RFC 9110 section 13.1.2: the record is absent or (unless `*`) has none of these versions. */
  readonly ifNoneMatch?: VersionMatch
}

function matches(record: RecordView | undefined, match: VersionMatch): boolean {
  if (record === undefined) return false
  return match === '*' || match.some((version) => sameVersion(version, record))
}

/** Evaluated in the order of RFC 9110 section 13.2.2: If-Match first, then If-None-Match. */
export function holds(condition: Condition | undefined, record: RecordView | undefined): boolean {
  if (condition === undefined) return true
  if (condition.ifMatch !== undefined && !matches(record, condition.ifMatch)) return false
  return condition.ifNoneMatch === undefined || !matches(record, condition.ifNoneMatch)
}
