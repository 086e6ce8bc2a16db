import { isUtf8 } from 'node:buffer'
import { type FieldPath, keyField } from './field-path.ts'
import { isArray, isObject, type Json, type JsonObject } from './json-value.ts'
import { isKeyPath } from './parse-path.ts'
import type { Steps } from './steps.ts'

/** Makes the JSON text of a row from what is selected. */
export type Projection = (key: Uint8Array, value: Json) => string

type Tree = Map<string, Tree | undefined>

/**
 * As MongoDB's inclusion projection: selected members in the order they are stored, nested as they are stored; an array
 * on the way keeps its objects and arrays, each projected, and drops its scalars. `$key` adds the record's key
 * (`$keyBase64` for a key that is not UTF-8). A value that is no object gives an empty row.
 */
export function compileProjection(select: readonly FieldPath[], steps: Steps): Projection {
  const withKey = select.some(isKeyPath)
  const tree: Tree = new Map()
  for (const path of select) if (!isKeyPath(path)) plant(tree, path.segments)
  return (key, value) => {
    const members = isObject(value) ? projectObject(value, tree, steps) : []
    if (withKey) members.unshift(keyMember(key))
    const text = JSON.stringify(Object.fromEntries(members))
    steps.take(text.length >> 2)
    return text
  }
}

function plant(tree: Tree, segments: readonly string[]): void {
  let branch = tree
  segments.forEach((segment, i) => {
    if (i === segments.length - 1) branch.set(segment, undefined)
    else {
      const next: Tree = branch.get(segment) ?? new Map()
      branch.set(segment, next)
      branch = next
    }
  })
}

function projectObject(object: JsonObject, tree: Tree, steps: Steps): [string, Json][] {
  const members: [string, Json][] = []
  const entries = Object.entries(object)
  steps.take(entries.length)
  for (const [name, value] of entries) {
    if (!tree.has(name)) continue
    const branch = tree.get(name)
    const shown = branch === undefined ? value : projectInner(value, branch, steps)
    if (shown !== undefined) members.push([name, shown])
  }
  return members
}

/** Undefined for a scalar, which has no members to select. */
function projectInner(value: Json, tree: Tree, steps: Steps): Json | undefined {
  if (isObject(value)) return Object.fromEntries(projectObject(value, tree, steps))
  if (!isArray(value)) return undefined
  steps.take(value.length)
  return value.map((element) => projectInner(element, tree, steps)).filter((element) => element !== undefined)
}

function keyMember(key: Uint8Array): [string, string] {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  return isUtf8(bytes) ? [keyField, bytes.toString('utf8')] : [`${keyField}Base64`, bytes.toString('base64')]
}
