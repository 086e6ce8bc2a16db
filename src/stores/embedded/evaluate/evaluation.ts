import { GatewayError } from '../../../errors.ts'
import type { Expiry } from '../../../operation/body.ts'
import type { RecordView } from '../../../operation/record.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { recordSpace, systemSpace } from '../engine/engine.ts'
import { DecodedRecord, encodeHeader, headerBytes, type RecordMeta } from '../record-codec.ts'
import { ReplyMemory, replyMemoryFull } from '../reply-memory.ts'
import { type ExpiryKind, expiryKey, expiryKind, storableTime } from '../system-keys.ts'
import type { Workspace } from '../workspace.ts'

const noBytes = new Uint8Array(0)
/** What a copied record costs besides its value; about. The first is free, so that a single value always fits its budget. */
const keptRecordBytes = 256

/** A record about to be written: everything but the version, which is the position of the entry. */
export interface NewRecord {
  readonly bucket: number
  readonly expiresAtMs: number
  readonly lease: number
  readonly contentType: string
}

/** Values that a batch may be answered with: to copy them takes some milliseconds. */
const atOnceBytes = 8 * 1024 * 1024

/**
 * The state one operation is evaluated against, and the effects it makes (R12). One per shard, reset for each operation:
 * it holds the record looked up last.
 */
export class Evaluation {
  readonly workspace: Workspace
  readonly #clock: Clock
  /** Undefined until the operation asks: few do. */
  #nowMs: number | undefined
  /** The latest entry that what was looked up depends on; replies wait until that is durable. */
  dependsOn = 0
  /** Effects made so far in this entry; a record's `sub`. */
  #effects = 0
  #building = false
  readonly #answerBytes: number
  readonly #atOnceBytes: number
  /** Values that the answer to this operation may hold. */
  #limitBytes = 0
  readonly #replies: ReplyMemory
  /** For an operation whose records take more than that. */
  readonly recordsTooLarge: GatewayError
  readonly #batchTooLarge: GatewayError
  /** Bytes of values kept for the answer so far. */
  #keptBytes = 0
  /** Whether the answer will wait for the disk whatever it depends on, because the operation writes. */
  writes = false
  /** Whether the shard has, or may have, anything with an expiry. While false, blind writes need not look. */
  mayExpire = true
  /** The last log entry that added to the expiry index. */
  lastExpiryIndex = 0
  readonly #record = new DecodedRecord()
  /** The expiry of the record found last: what its index entry says. */
  #foundExpiryMs = 0
  /** The expiry of the record that the last `look` found expired and deleted; 0 if it did not. */
  reapedMs = 0

  /** `answerBytes`: values that the answer to one operation may hold. `replies`: those that wait for the disk. */
  constructor(
    workspace: Workspace,
    clock: Clock,
    answerBytes: number,
    replies = new ReplyMemory(Number.POSITIVE_INFINITY),
  ) {
    this.workspace = workspace
    this.#clock = clock
    this.#answerBytes = answerBytes
    this.#replies = replies
    this.#atOnceBytes = Math.min(answerBytes, atOnceBytes)
    this.recordsTooLarge = tooLarge(answerBytes)
    this.#batchTooLarge = tooLarge(this.#atOnceBytes)
  }

  /** `keptBytes`: what the answer holds already. */
  begin(keptBytes = 0): void {
    this.#nowMs = undefined
    this.dependsOn = 0
    this.#effects = 0
    this.#building = false
    this.#keptBytes = keptBytes
    this.#limitBytes = this.#answerBytes
    this.writes = false
    this.workspace.undoable = false
  }

  /**
   * Shard time, R13, the same for the whole operation: the wall clock without its excursions, see
   * `docs/decisions/0023-wall-clock-steps.md`.
   */
  get nowMs(): number {
    this.#nowMs ??= storableTime(this.#clock.wallMs())
    return this.#nowMs
  }

  /** The operation is done in one go, however much it reads: its answer may hold less, for others wait meanwhile. */
  atOnce(): void {
    this.#limitBytes = this.#atOnceBytes
  }

  /** A copy of the record for the answer, or undefined if that, or what waits already, would hold too much. */
  keep(record: DecodedRecord): RecordView | undefined {
    if (this.#isCrowded) return undefined
    this.#keptBytes += keptRecordBytes + record.valueEnd - record.valueStart
    return this.isOverfull ? undefined : record.copy()
  }

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** The answer has become too large: `keep` refuses whatever comes. */
  get isOverfull(): boolean {
    return this.#keptBytes > this.#limitBytes + keptRecordBytes
  }

  /** The answer would have to wait, and there is no memory for more of those. */
  get #isCrowded(): boolean {
    return this.#replies.full && (this.writes || this.dependsOn > this.workspace.durableIndex)
  }

  /** Why `keep` refused. */
  get keepRefusal(): GatewayError {
    if (this.#isCrowded) return replyMemoryFull
    return this.#limitBytes < this.#answerBytes ? this.#batchTooLarge : this.recordsTooLarge
  }

  /**
   * The record of a key, undefined if it is absent or expired. Valid until the next look-up. An expired record is deleted
   * in the entry being built: who is told that it is gone must never see it again, whatever the clock says next (R13).
   */
  look(key: Uint8Array): DecodedRecord | undefined {
    const { workspace } = this
    const there = workspace.find(recordSpace, key)
    this.#dependOn(workspace.foundIndex)
    this.#foundExpiryMs = 0
    this.reapedMs = 0
    if (!there) return undefined
    const record = this.#record.decode(workspace.bytes, workspace.start, workspace.end)
    const { expiresAtMs } = record
    this.#foundExpiryMs = expiresAtMs
    if (expiresAtMs === 0 || expiresAtMs > this.nowMs) return record
    this.erase(key)
    this.reapedMs = expiresAtMs
    return undefined
  }

  /** Forgets the last look-up: the next write is blind and leaves no index entry behind because there can be none. */
  lookAway(): void {
    this.#foundExpiryMs = 0
  }

  expiryAt(expiry: Expiry, current: RecordView | undefined): number {
    if (expiry.kind === 'clear') return 0
    if (expiry.kind === 'keep') return current?.expiresAtMs ?? 0
    return Math.max(1, expiry.kind === 'at' ? storableTime(expiry.ms) : this.timeAfter(expiry.ms))
  }

  /** Wall-clock milliseconds, `ms` from now. */
  timeAfter(ms: number): number {
    return storableTime(this.nowMs + ms)
  }

  /**
   * Writes a record whose value is `parts` end to end, replacing the one looked up last, with its expiry index entry.
   * Answers the record's `sub`. Parts may be views of the record looked up.
   */
  write(key: Uint8Array, record: NewRecord, first: Uint8Array, second: Uint8Array = noBytes): number {
    this.#enter()
    const { workspace } = this
    const sub = this.#effects
    const header = headerBytes(record.expiresAtMs, record.lease, record.contentType)
    const meta: RecordMeta = {
      bucket: record.bucket,
      epoch: workspace.epoch,
      index: workspace.nextIndex,
      sub,
      expiresAtMs: record.expiresAtMs,
      lease: record.lease,
      contentType: record.contentType,
    }
    const at = workspace.put(recordSpace, key, header + first.length + second.length)
    const { target } = workspace
    const valueStart = encodeHeader(target, at, meta)
    target.set(first, valueStart)
    if (second.length > 0) target.set(second, valueStart + first.length)
    workspace.sealEffect()
    this.#effects += 1
    this.#moveExpiry(key, record.expiresAtMs)
    return sub
  }

  /** Deletes the record looked up last, with its expiry index entry. */
  erase(key: Uint8Array): void {
    this.#enter()
    this.workspace.remove(recordSpace, key)
    this.#effects += 1
    this.#moveExpiry(key, 0)
  }

  /** Writes a value of the system space; one with an end gets an entry in the expiry index. */
  writeSystem(key: Uint8Array, value: Uint8Array, endsAtMs = 0, kind: ExpiryKind = expiryKind.outcome): void {
    this.#enter()
    const { workspace } = this
    const at = workspace.put(systemSpace, key, value.length)
    workspace.target.set(value, at)
    workspace.sealEffect()
    this.#effects += 1
    if (endsAtMs !== 0) this.#indexExpiry(endsAtMs, kind, key)
  }

  eraseSystem(key: Uint8Array): void {
    this.#enter()
    this.workspace.remove(systemSpace, key)
    this.#effects += 1
  }

  /** A value of the system space; valid until the next look-up. */
  lookSystem(key: Uint8Array): Uint8Array | undefined {
    const { workspace } = this
    const there = workspace.find(systemSpace, key)
    this.#dependOn(workspace.foundIndex)
    return there ? workspace.bytes.subarray(workspace.start, workspace.end) : undefined
  }

  /** Completes the entry if there are effects; answers what the reply has to wait for. */
  finish(): number {
    if (!this.#building) return this.dependsOn
    this.#building = false
    return this.workspace.endEntry()
  }

  /** Takes all effects back. */
  abandon(): void {
    if (this.#building) this.workspace.abandonEntry()
    this.#building = false
    this.#effects = 0
  }

  get hasEffects(): boolean {
    return this.#building
  }

  /** The entry being built may yet be abandoned, and then its index goes to another one. */
  #dependOn(index: number): void {
    if (index > this.dependsOn && index < this.workspace.nextIndex) this.dependsOn = index
  }

  #enter(): void {
    if (this.#building) return
    this.#building = true
    this.workspace.beginEntry()
  }

  #moveExpiry(key: Uint8Array, toMs: number): void {
    const fromMs = this.#foundExpiryMs
    this.#foundExpiryMs = 0
    if (fromMs === toMs) return
    if (fromMs !== 0) this.eraseSystem(expiryKey(fromMs, expiryKind.record, key))
    if (toMs !== 0) this.#indexExpiry(toMs, expiryKind.record, key)
  }

  #indexExpiry(atMs: number, kind: ExpiryKind, key: Uint8Array): void {
    this.mayExpire = true
    this.lastExpiryIndex = this.workspace.nextIndex
    this.writeSystem(expiryKey(atMs, kind, key), noBytes)
  }
}

function tooLarge(bytes: number): GatewayError {
  const detail = `The records of this request take more than ${bytes} bytes; ask for fewer at a time`
  return new GatewayError('result-too-large', detail)
}
