/** The position of the log entry that wrote a record, `sub` telling apart the effects of one entry. Never reused. */
export interface Version {
  readonly epoch: number
  readonly index: number
  readonly sub: number
}

/**
 * A record as a store hands it out. `bytes[valueStart..valueEnd)` is the value; a view into a store's buffer that is
 * valid only during the call that delivers it, so a receiver copies what it keeps.
 */
export interface RecordView extends Version {
  readonly bytes: Uint8Array
  readonly valueStart: number
  readonly valueEnd: number
  /** 1..1000. */
  readonly bucket: number
  /** Wall-clock milliseconds at which the record is gone; 0 means never. */
  readonly expiresAtMs: number
  /** The lease the record is attached to; 0 means none. */
  readonly lease: number
  readonly contentType: string
}

/** The strong entity tag of a version, quotes included (RFC 9110 section 8.8.3). */
export function etagOf(version: Version): string {
  const base = `"${version.epoch.toString(36)}-${version.index.toString(36)}`
  return version.sub === 0 ? `${base}"` : `${base}-${version.sub.toString(36)}"`
}

const etagPattern = /^"([0-9a-z]{1,10})-([0-9a-z]{1,11})(?:-([0-9a-z]{1,4}))?"$/

/** The version an entity tag names, or undefined if Headgate never made such a tag. */
export function parseEtag(etag: string): Version | undefined {
  const match = etagPattern.exec(etag)
  if (match === null) return undefined
  const version = {
    epoch: Number.parseInt(match[1]!, 36),
    index: Number.parseInt(match[2]!, 36),
    sub: match[3] === undefined ? 0 : Number.parseInt(match[3], 36),
  }
  return etagOf(version) === etag ? version : undefined
}

export function sameVersion(a: Version, b: Version): boolean {
  return a.index === b.index && a.epoch === b.epoch && a.sub === b.sub
}
