import { type Steps, unmetered } from './steps.ts'

/** What `JSON.parse` answers. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
export type JsonArray = readonly Json[]
export interface JsonObject {
  readonly [name: string]: Json
}

export function isArray(value: Json | undefined): value is JsonArray {
  return Array.isArray(value)
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Comparing and encoding recurse; a stored value may be nested as deep as its size allows. */
export const deepest = 200

/** A stored value is nested deeper than `deepest` where a query has to look into it. */
export class TooDeep extends Error {}

/** Throws `TooDeep` for a value that must not be kept, because comparing it later would. */
export function checkNesting(value: Json, depth = 0): void {
  if (typeof value !== 'object' || value === null) return
  if (depth >= deepest) throw new TooDeep()
  for (const member of isArray(value) ? value : Object.values(value)) checkNesting(member, depth + 1)
}

/** Reads one member, or undefined if there is none: never what an object inherits. */
export type MemberReader = (object: JsonObject) => Json | undefined

export function memberReader(name: string): MemberReader {
  if (name in Object.prototype) return (object) => (Object.hasOwn(object, name) ? object[name] : undefined)
  return (object) => object[name]
}

/** Rough bytes that keeping a value costs. */
export function bytesOf(value: Json | undefined, steps: Steps = unmetered): number {
  if (typeof value === 'string') return 24 + 2 * value.length
  return typeof value === 'object' && value !== null ? 64 + 4 * textOf(value, steps).length : 16
}

/** The JSON text of an array or object. */
export function textOf(value: JsonArray | JsonObject, steps: Steps): string {
  const text = JSON.stringify(value)
  steps.take(text.length)
  return text
}
