import { z } from 'zod'
import { durationPattern, formatDuration, formatSize, parseDuration, parseSize, sizePattern } from './quantity.ts'

/** What `headgate options`, the JSON Schema and docs/options.md say about a key. */
export interface OptionDoc {
  /** What the key sets: one sentence. */
  readonly meaning: string
  /** What a number counts, or the kind of a text. Sections have none. */
  readonly unit?: string
  /** What changes for users and operators when the value does. Sections have none. */
  readonly effect?: string
  /** The default in words, where it is not one fixed value. */
  readonly standard?: string
  /** The accepted range in the key's own notation. */
  readonly range?: string
  /** Accepted in shape, refused by `check` and `run`: a later release brings it. */
  readonly later?: true
}

/** Sits beside the schemas: every key of `configSchema` is registered here (a test says so). */
export const optionDocs = z.registry<OptionDoc>()

type Doc = Omit<OptionDoc, 'range'> & { readonly effect: string }
type Range<T> = readonly [least: T, most: T]

/** Registers `doc` for a schema built by hand. */
export function documented<S extends z.ZodType>(schema: S, doc: OptionDoc): S {
  optionDocs.add(schema, doc)
  return schema
}

/** A length of time with its unit; parses to whole milliseconds. */
export function duration(standard: string, [least, most]: Range<string>, doc: Doc) {
  const wants = 'must be a duration with its unit, like 250ms, 2s, 10m or 1h'
  const schema = quantity(wants, durationPattern, parseDuration, formatDuration, [least, most])
  return documented(schema.prefault(standard), { unit: 'duration', range: `${least} to ${most}`, ...doc })
}

/** A number of bytes with its unit; parses to whole bytes. */
export function size(standard: string, [least, most]: Range<string>, doc: Doc) {
  const wants = 'must be a size with its unit, like 512B, 64KiB, 1MiB or 2GiB'
  const schema = quantity(wants, sizePattern, parseSize, formatSize, [least, most])
  return documented(schema.prefault(standard), { unit: 'bytes', range: `${least} to ${most}`, ...doc })
}

/** A whole number; `doc.unit` says of what. */
export function count(standard: number, range: Range<number>, doc: Doc & { readonly unit: string }) {
  return documented(whole(range).default(standard), { range: `${range[0]} to ${range[1]}`, ...doc })
}

/** A whole number in a range, without default or description. */
export function whole([least, most]: Range<number>) {
  const error = `must be a whole number from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

export function flag(standard: boolean, doc: Doc) {
  return documented(z.boolean().default(standard), { unit: 'true or false', ...doc })
}

/** One of a few words. */
export function choice<const W extends readonly [string, ...string[]]>(words: W, standard: W[number], doc: Doc) {
  return documented(z.enum(words).prefault(standard), { unit: 'one of the values', ...doc })
}

/** A text that must match `pattern`; `wants` ends the sentence "NAME must be". */
export function text(pattern: RegExp, wants: string) {
  return z.string().regex(pattern, { error: `must be ${wants}` })
}

/** A path in the file system, relative to the working directory of the process unless it is absolute. */
export function path() {
  return z.string().min(1, { error: 'must not be empty' })
}

/** Keys that belong together. Leaving the whole section out means its defaults. */
export function section<S extends z.core.$ZodLooseShape>(meaning: string, shape: S) {
  return documented(z.strictObject(shape).prefault({} as never), { meaning })
}

function quantity(
  wants: string,
  pattern: RegExp,
  parse: (text: string) => number | undefined,
  format: (amount: number) => string,
  [least, most]: Range<string>,
) {
  const bounds = [parse(least) ?? 0, parse(most) ?? 0] as const
  return z
    .string({ error: wants })
    .regex(pattern, { error: wants })
    .transform((text, context) => {
      const amount = parse(text) ?? Number.NaN
      if (amount >= bounds[0] && amount <= bounds[1]) return amount
      context.addIssue({ code: 'custom', message: `must be from ${format(bounds[0])} to ${format(bounds[1])}` })
      return z.NEVER
    })
}
