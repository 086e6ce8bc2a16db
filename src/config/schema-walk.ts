import { z } from 'zod'
import { type OptionDoc, optionDocs } from './option.ts'
import type { KeyPath } from './problem.ts'
import { configSchema } from './schema.ts'

/** A schema without its wrappers (default, optional, transformation), and what the wrappers said. */
export interface Bare {
  readonly schema: z.core.$ZodType
  readonly doc: OptionDoc | undefined
  /** As a user would write it; undefined where leaving the key out has no fixed meaning. */
  readonly standard: unknown
}

export function bare(wrapped: z.core.$ZodType): Bare {
  let schema = wrapped
  let doc: OptionDoc | undefined
  let standard: unknown
  for (;;) {
    doc ??= optionDocs.get(schema as z.ZodType)
    if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
      standard ??= schema.def.defaultValue
      schema = schema.def.innerType
    } else if (schema instanceof z.ZodOptional) {
      schema = schema.def.innerType
    } else if (schema instanceof z.ZodPipe) {
      schema = schema.def.in
    } else {
      return { schema, doc, standard }
    }
  }
}

/** The keys that may stand in the section (or list entry) at `path`; empty if there is no section. */
export function keysAt(path: KeyPath): readonly string[] {
  const found = schemaAt(path)
  return found instanceof z.ZodObject ? Object.keys(found.shape) : []
}

/** The words that the value at `path` may be; empty if it is no choice. */
export function wordsAt(path: KeyPath): readonly string[] {
  const found = schemaAt(path)
  return found instanceof z.ZodEnum ? found.options.map(String) : []
}

export function schemaAt(path: KeyPath): z.core.$ZodType | undefined {
  let found: z.core.$ZodType | undefined = configSchema
  for (const part of path) {
    if (found === undefined) return undefined
    const { schema } = bare(found)
    if (schema instanceof z.ZodObject && typeof part === 'string') found = schema.shape[part] as z.ZodType | undefined
    else if (schema instanceof z.ZodArray && typeof part === 'number') found = schema.element
    else return undefined
  }
  return found && bare(found).schema
}
