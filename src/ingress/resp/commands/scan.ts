import { type KeyRange, maxKeyBytes, type ScanBody } from '../../../operation/body.ts'
import type { PageReply } from '../../../operation/reply.ts'
import { copyBytes } from '../arguments.ts'
import { notAnInteger, syntaxError } from '../error-text.ts'
import { Glob, literalPrefix } from '../glob.ts'
import { integerAt } from '../integer-text.ts'
import type { RespServer } from '../resp-server.ts'
import { Shape, unexpected } from '../shape.ts'
import type { AskContext } from './command.ts'
import { KeyListing } from './key-listing.ts'
import { countShape } from './shapes.ts'

const maxPageKeys = 1000
const pageBytes = 1024 * 1024
/** Comparisons of a pattern with keys in one page, some milliseconds: what is left of it waits for another turn. */
const maxPageSteps = 500_000
const invalidCursor = 'ERR invalid cursor'
const everything = new Uint8Array([0x2a])

export function dbsize(context: AskContext): string | undefined {
  return context.ask({ kind: 'size' }, countShape)
}

export function randomkey(context: AskContext): string | undefined {
  return context.ask({ kind: 'random-key' }, randomKeyShape)
}

const randomKeyShape = new Shape((out, reply) => {
  if (reply.kind !== 'page') return unexpected(out, reply)
  const [entry] = reply.entries
  if (entry === undefined) out.nil()
  else out.bulk(entry.key)
  return undefined
})

export function keys(context: AskContext): string | undefined {
  const { args, server } = context
  if (args.length(1) > maxKeyBytes) return patternTooLong(args.length(1))
  const pattern = copyBytes(args.view(1))
  const listing = new KeyListing(pattern, new Glob(pattern), server)
  return context.ask(pageBody(pattern, undefined, maxPageKeys), keysShape, 0, listing)
}

/** Page after page; an answer beyond the budget is refused whole. */
const keysShape = new Shape((out, reply, asked) => {
  if (reply.kind !== 'page') return unexpected(out, reply)
  const listing = asked.extra as KeyListing
  const { keys, last } = sift(listing.glob, reply)
  for (const key of keys) {
    const error = listing.add(key)
    if (error !== undefined) return error
  }
  if (last !== undefined) return listing.beforeNext(pageBody(listing.pattern, copyBytes(last), maxPageKeys))
  listing.writeTo(out)
  return undefined
})

/** The keys of a page that match; `last` is the key after which to go on, if there may be more. */
function sift(glob: Glob, page: PageReply): { keys: Uint8Array[]; last: Uint8Array | undefined } {
  const keys: Uint8Array[] = []
  const enough = glob.steps + maxPageSteps
  let seen = 0
  for (const { key } of page.entries) {
    if (glob.matches(key)) keys.push(key)
    seen++
    if (glob.steps > enough) break
  }
  const more = page.more || seen < page.entries.length
  return { keys, last: more ? page.entries[seen - 1]?.key : undefined }
}

/** A SCAN under way. */
interface Step {
  readonly server: RespServer
  /** Undefined: nothing can match. */
  readonly glob: Glob | undefined
  /** The cursor the client came with; undefined for 0. */
  readonly from: string | undefined
}

export function scan(context: AskContext): string | undefined {
  const { args, server } = context
  const cursor = args.cText(1)
  if (!/^[+-]?\d*$/.test(cursor) || /^[+-]$/.test(cursor)) return invalidCursor
  const options = readScanOptions(context)
  if (typeof options === 'string') return options
  const from = /^[+-]?0*$/.test(cursor) ? undefined : cursor
  const position = from === undefined ? undefined : server.cursors.find(from)
  if (from !== undefined && position === undefined) return invalidCursor
  const step: Step = { server, glob: options.strings ? new Glob(options.pattern) : undefined, from }
  return context.ask(pageBody(options.pattern, position, options.count), scanShape, 0, step)
}

interface ScanOptions {
  pattern: Uint8Array
  count: number
  /** Whether TYPE, if it was given, is the only type there is. */
  strings: boolean
}

function readScanOptions({ args }: AskContext): ScanOptions | string {
  const options: ScanOptions = { pattern: everything, count: 10, strings: true }
  for (let i = 2; i < args.count; i += 2) {
    const hasValue = i + 1 < args.count
    if (args.is(i, 'count') && hasValue) {
      const count = integerAt(args, i + 1)
      if (count === undefined) return notAnInteger
      if (count < 1) return syntaxError
      options.count = Math.min(Number(count), maxPageKeys)
    } else if (args.is(i, 'match') && hasValue) {
      if (args.length(i + 1) > maxKeyBytes) return patternTooLong(args.length(i + 1))
      options.pattern = copyBytes(args.view(i + 1))
    } else if (args.is(i, 'type') && hasValue) {
      options.strings = args.is(i + 1, 'string')
    } else {
      return syntaxError
    }
  }
  return options
}

const scanShape = new Shape((out, reply, asked) => {
  if (reply.kind !== 'page') return unexpected(out, reply)
  const { server, glob, from } = asked.extra as Step
  const { keys, last } = glob === undefined ? passOver(reply) : sift(glob, reply)
  out.array(2)
  out.bulkText(last === undefined ? '0' : server.cursors.add(copyBytes(last), from))
  out.array(keys.length)
  for (const key of keys) out.bulk(key)
  return undefined
})

function passOver({ entries, more }: PageReply): { keys: Uint8Array[]; last: Uint8Array | undefined } {
  return { keys: [], last: more ? entries.at(-1)?.key : undefined }
}

/** One page of the keys that can match, after `position`. */
function pageBody(pattern: Uint8Array, position: Uint8Array | undefined, limit: number): ScanBody {
  return { kind: 'scan', range: rangeOf(pattern, position), order: 'asc', limit, maxBytes: pageBytes, values: false }
}

function rangeOf(pattern: Uint8Array, position: Uint8Array | undefined): KeyRange {
  const prefix = literalPrefix(pattern).subarray(0, maxKeyBytes)
  const upper = successor(prefix)
  // A cursor of another pattern may lie past all keys of this one: nothing is left then.
  if (position !== undefined && upper !== undefined && Buffer.compare(position, upper) >= 0) {
    return { lower: { key: position, inclusive: false }, upper: { key: position, inclusive: true } }
  }
  const beyond = position !== undefined && Buffer.compare(position, prefix) >= 0
  return {
    ...(beyond ? { lower: { key: position, inclusive: false } } : {}),
    ...(!beyond && prefix.length > 0 ? { lower: { key: prefix, inclusive: true } } : {}),
    ...(upper === undefined ? {} : { upper: { key: upper, inclusive: false } }),
  }
}

/** The first key after all that begin with `prefix`; undefined if there is none. */
function successor(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const key = prefix.slice(0, length)
  key[length - 1]! += 1
  return key
}

function patternTooLong(bytes: number): string {
  return `ERR the pattern has ${bytes} bytes; the limit is ${maxKeyBytes} bytes`
}
