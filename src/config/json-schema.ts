import { z } from 'zod'
import type { OptionDoc } from './option.ts'
import { configSchema } from './schema.ts'
import { bare } from './schema-walk.ts'

/**
 * The JSON Schema (2020-12) of the configuration file, for editors and other tools. Values that refer to the
 * environment (`${NAME}`) are checked by Headgate, not by it.
 */
export function configJsonSchema(): Record<string, unknown> {
  const generated = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const { doc, schema } = bare(zodSchema)
      if (doc !== undefined) jsonSchema.description = describe(doc)
      if (schema instanceof z.ZodObject) delete jsonSchema.default
    },
  })
  return { ...generated, title: 'Headgate configuration' }
}

function describe(doc: OptionDoc): string {
  const range = doc.range === undefined ? undefined : `Range: ${doc.range}.`
  const standard = doc.standard === undefined ? undefined : `Default: ${doc.standard}.`
  const later = doc.later === true ? 'Not available in this release.' : undefined
  return [doc.meaning, doc.effect, range, standard, later].filter((part) => part !== undefined).join(' ')
}
