import type { GatewayError } from '../../../errors.ts'
import type { Version } from '../../../operation/record.ts'
import type { WriteReply } from '../../../operation/reply.ts'

/** The part of a write's answer that a repeat gets again. */
export interface StoredResult {
  readonly status: WriteReply['status']
  readonly bucket: number
  readonly version: Version | undefined
}

export interface StoredError {
  readonly error: GatewayError['code']
  readonly detail: string
}

/** `null` stands for a read: a repeat reads again. */
export type StoredAnswer = StoredResult | StoredError | null

export interface StoredOutcome {
  readonly fingerprint: Uint8Array
  /** Wall-clock milliseconds. */
  readonly endsAtMs: number
  readonly batch: boolean
  readonly results: readonly StoredAnswer[]
}

/*
 * The form, whose first byte no JSON text begins with: form, flags (1: a batch), time as a little-endian double, length
 * of the fingerprint and its bytes, epoch and index of the first version, number of results, results. Numbers are LEB128.
 * A result is a tag and what the tag says is there. The results of one batch share their entry, and as a rule each is
 * one effect further, so that most take three bytes, and one where keys share a bucket.
 */
const form = 1
const batchFlag = 1
const timeStart = 2
const fingerprintStart = timeStart + 8
const openingBrace = 0x7b

/** By the number that stands for it: add at the end only. */
const statuses = ['created', 'replaced', 'deleted', 'absent', 'updated', 'unchanged', 'refused'] as const
const statusBits = 7
const noStatus = 7
/** With `noStatus`: an error; else a read. */
const isError = 8
const hasVersion = 8
const ownEntry = 16
const sameBucket = 32
const nextSub = 64

/** Bytes of an outcome to be stored. */
export function encodeOutcome({ fingerprint, endsAtMs, batch, results }: StoredOutcome): Buffer {
  const head = Buffer.alloc(fingerprintStart + 1 + fingerprint.length)
  head[0] = form
  head[1] = batch ? batchFlag : 0
  head.writeDoubleLE(endsAtMs, timeStart)
  head[fingerprintStart] = fingerprint.length
  head.set(fingerprint, fingerprintStart + 1)
  return Buffer.concat([head, Buffer.from(resultBytes(results))])
}

/** Also the JSON in which outcomes were stored before this form. Throws for anything else. */
export function decodeOutcome(value: Uint8Array): StoredOutcome {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes[0] === openingBrace) return fromJson(bytes.toString())
  if (bytes[0] !== form) throw new Error(`an outcome has the form ${bytes[0]}, of a later version of Headgate`)
  const end = fingerprintStart + 1 + bytes[fingerprintStart]!
  return {
    fingerprint: Buffer.from(bytes.subarray(fingerprintStart + 1, end)),
    endsAtMs: bytes.readDoubleLE(timeStart),
    batch: (bytes[1]! & batchFlag) !== 0,
    results: new ResultReader(bytes, end).results(),
  }
}

/** When a stored outcome is forgotten, wall-clock milliseconds. */
export function endOfOutcome(value: Uint8Array): number {
  if (value[0] === openingBrace) return decodeOutcome(value).endsAtMs
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readDoubleLE(timeStart)
}

function pushNumber(bytes: number[], value: number): void {
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
}

function pushText(bytes: number[], text: string): void {
  const utf8 = Buffer.from(text)
  pushNumber(bytes, utf8.length)
  for (const byte of utf8) bytes.push(byte)
}

function resultBytes(results: readonly StoredAnswer[]): number[] {
  const first = results
    .map((result) => (result !== null && 'status' in result ? result.version : undefined))
    .find(Boolean)
  const base = first ?? { epoch: 0, index: 0 }
  const errors = new Map<string, number>()
  const bytes: number[] = []
  let bucket = 0
  let sub = -1
  pushNumber(bytes, base.epoch)
  pushNumber(bytes, base.index)
  pushNumber(bytes, results.length)
  for (const result of results) {
    if (result === null) bytes.push(noStatus)
    else if ('error' in result) pushError(bytes, result, errors)
    else {
      const { version } = result
      const own = version !== undefined && (version.epoch !== base.epoch || version.index !== base.index)
      const isNext = version !== undefined && version.sub === sub + 1
      const tag = statuses.indexOf(result.status) | (version === undefined ? 0 : hasVersion) | (own ? ownEntry : 0)
      bytes.push(tag | (result.bucket === bucket ? sameBucket : 0) | (isNext ? nextSub : 0))
      if (result.bucket !== bucket) pushNumber(bytes, result.bucket)
      bucket = result.bucket
      if (version === undefined) continue
      if (own) {
        pushNumber(bytes, version.epoch)
        pushNumber(bytes, version.index)
      }
      if (!isNext) pushNumber(bytes, version.sub)
      sub = version.sub
    }
  }
  return bytes
}

/** The same error of many operations is there once. */
function pushError(bytes: number[], { error, detail }: StoredError, errors: Map<string, number>): void {
  const name = `${error} ${detail}`
  const known = errors.get(name)
  bytes.push(noStatus | isError)
  pushNumber(bytes, known ?? errors.size)
  if (known !== undefined) return
  errors.set(name, errors.size)
  pushText(bytes, error)
  pushText(bytes, detail)
}

class ResultReader {
  readonly #bytes: Buffer
  #at: number
  readonly #errors: StoredError[] = []
  #bucket = 0
  #sub = -1

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  results(): StoredAnswer[] {
    const epoch = this.#number()
    const index = this.#number()
    return Array.from({ length: this.#number() }, () => this.#result(epoch, index))
  }

  #result(epoch: number, index: number): StoredAnswer {
    const tag = this.#byte()
    const kind = tag & statusBits
    if (kind === noStatus) return (tag & isError) === 0 ? null : this.#error()
    if ((tag & sameBucket) === 0) this.#bucket = this.#number()
    const result = { status: statuses[kind]!, bucket: this.#bucket }
    if ((tag & hasVersion) === 0) return { ...result, version: undefined }
    const entry = (tag & ownEntry) === 0 ? { epoch, index } : { epoch: this.#number(), index: this.#number() }
    this.#sub = (tag & nextSub) === 0 ? this.#number() : this.#sub + 1
    return { ...result, version: { ...entry, sub: this.#sub } }
  }

  #error(): StoredError {
    const place = this.#number()
    if (place === this.#errors.length) {
      const error = this.#text() as StoredError['error']
      this.#errors.push({ error, detail: this.#text() })
    }
    return this.#errors[place]!
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new Error('an outcome ends too early')
    return this.#bytes[this.#at++]!
  }

  #number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  #text(): string {
    const length = this.#number()
    if (this.#at + length > this.#bytes.length) throw new Error('an outcome ends too early')
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }
}

type JsonAnswer = { readonly status: StoredResult['status']; readonly bucket: number; readonly version?: number[] }

function fromJson(text: string): StoredOutcome {
  const { fingerprint, endsAtMs, batch, results } = JSON.parse(text) as {
    readonly fingerprint: string
    readonly endsAtMs: number
    readonly batch: boolean
    readonly results: readonly (JsonAnswer | StoredError | null)[]
  }
  const answers = results.map((result): StoredAnswer => {
    if (result === null || 'error' in result) return result
    const [epoch, index, sub] = result.version ?? []
    const version = sub === undefined ? undefined : { epoch: epoch!, index: index!, sub }
    return { status: result.status, bucket: result.bucket, version }
  })
  return { fingerprint: Buffer.from(fingerprint, 'base64'), endsAtMs, batch, results: answers }
}
