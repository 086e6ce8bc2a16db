import { z } from 'zod'
import type { OptionDoc } from './option.ts'
import { configSchema } from './schema.ts'
import { bare } from './schema-walk.ts'

type Json = Record<string, unknown>

/** The JSON Schema (2020-12) of the configuration file, for editors and other tools. */
export function configJsonSchema(): Json {
  const generated = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const { doc, schema } = bare(zodSchema)
      if (doc !== undefined) jsonSchema.description = describe(doc)
      if (schema instanceof z.ZodObject) delete jsonSchema.default
    },
  })
  const environment = { type: 'string', pattern: '\\$\\{.+\\}', description: 'Holds a reference to the environment.' }
  return { title: 'Headgate configuration', ...withReferences(generated), $defs: { environment } }
}

function describe(doc: OptionDoc): string {
  const range = doc.range === undefined ? undefined : `Range: ${doc.range}.`
  const standard = doc.standard === undefined ? undefined : `Default: ${doc.standard}.`
  const later = doc.later === true ? 'Not available in this release.' : undefined
  return [doc.meaning, doc.effect, range, standard, later].filter((part) => part !== undefined).join(' ')
}

/** Lets `${NAME}` stand wherever a value of a narrower kind than any text is wanted. */
function withReferences(schema: Json): Json {
  const { properties, items, ...rest } = schema
  if (properties !== undefined) {
    const entries = Object.entries(properties as Record<string, Json>)
    return { ...rest, properties: Object.fromEntries(entries.map(([key, inner]) => [key, withReferences(inner)])) }
  }
  if (items !== undefined) return { ...rest, items: withReferences(items as Json) }
  if (schema['type'] === 'object' || schema['type'] === 'array') return schema
  const { default: standard, description, ...narrow } = schema
  const plainText = Object.keys(narrow).length === 1 && narrow['type'] === 'string'
  if (plainText) return schema
  return {
    ...(standard === undefined ? {} : { default: standard }),
    ...(description === undefined ? {} : { description }),
    anyOf: [narrow, { $ref: '#/$defs/environment' }],
  }
}
