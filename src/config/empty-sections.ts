import { z } from 'zod'
import { bare } from './schema-walk.ts'

/**
 * A copy of `tree` in which a section or list that was written without content (`limits:` with every line below it
 * commented out) is left out, so that it means its defaults. Other keys without a value stay, to be reported.
 */
export function withoutEmptySections(tree: unknown, schema: z.core.$ZodType): unknown {
  const inner = bare(schema).schema
  if (Array.isArray(tree)) {
    return inner instanceof z.ZodArray ? tree.map((item) => withoutEmptySections(item, inner.element)) : tree
  }
  if (typeof tree !== 'object' || tree === null || !(inner instanceof z.ZodObject)) return tree
  const kept = Object.entries(tree).filter(([key, value]) => value !== null || !holdsMore(inner, key))
  return Object.fromEntries(kept.map(([key, value]) => [key, nested(inner, key, value)]))
}

function nested(section: z.ZodObject, key: string, value: unknown): unknown {
  const schema = childOf(section, key)
  return schema === undefined ? value : withoutEmptySections(value, schema)
}

function holdsMore(section: z.ZodObject, key: string): boolean {
  const schema = childOf(section, key)
  if (schema === undefined) return false
  const inner = bare(schema).schema
  return inner instanceof z.ZodObject || inner instanceof z.ZodArray
}

function childOf(section: z.ZodObject, key: string): z.core.$ZodType | undefined {
  return Object.hasOwn(section.shape, key) ? section.shape[key] : undefined
}
