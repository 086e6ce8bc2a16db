import { z } from 'zod'
import { configSchema } from './schema.ts'
import { type Bare, bare } from './schema-walk.ts'

/** One key that a user may write, as documentation. */
export interface OptionEntry {
  /** `limits.maxValue`; entries of lists are written `security.clients[].name`. */
  readonly name: string
  readonly meaning: string
  readonly unit: string
  /** As a user would write it, or in words. */
  readonly standard: string
  /** Accepted values: a range or a list of words. */
  readonly accepted: string | undefined
  readonly effect: string
  /** False: refused by this release. */
  readonly available: boolean
}

/** A group of options; `name` is empty for the top of the file. */
export interface SectionEntry {
  readonly name: string
  readonly meaning: string
  readonly options: readonly OptionEntry[]
}

/** Every section with its options, in the order of the schema. */
export function listSections(): readonly SectionEntry[] {
  const sections: SectionEntry[] = []
  collect('', bare(configSchema), sections)
  return sections
}

/** Every option, in the order of the schema. */
export function listOptions(): readonly OptionEntry[] {
  return listSections().flatMap((section) => section.options)
}

function collect(name: string, { schema, doc }: Bare, sections: SectionEntry[]): void {
  if (!(schema instanceof z.ZodObject)) return
  const options: OptionEntry[] = []
  sections.push({ name, meaning: doc?.meaning ?? '', options })
  for (const [key, child] of Object.entries(schema.shape)) {
    const childName = name === '' ? key : `${name}.${key}`
    const inner = bare(child as z.ZodType)
    if (inner.schema instanceof z.ZodObject) {
      collect(childName, inner, sections)
      continue
    }
    options.push(entry(childName, inner))
    if (inner.schema instanceof z.ZodArray) collect(`${childName}[]`, bare(inner.schema.element), sections)
  }
}

function entry(name: string, { schema, doc, standard }: Bare): OptionEntry {
  const words = schema instanceof z.ZodEnum ? schema.options.join(', ') : undefined
  return {
    name,
    meaning: doc?.meaning ?? '',
    unit: doc?.unit ?? '',
    standard: doc?.standard ?? written(standard),
    accepted: doc?.range ?? words,
    effect: doc?.effect ?? '',
    available: doc?.later !== true,
  }
}

function written(standard: unknown): string {
  if (standard === undefined) return 'none'
  return Array.isArray(standard) ? `[${standard.join(', ')}]` : String(standard)
}
