import type { z } from 'zod'
import { nearestName } from './nearest-name.ts'
import { listOptions } from './options.ts'
import { dotted, type Finding, type KeyPath } from './problem.ts'
import { keysAt, wordsAt } from './schema-walk.ts'

type Issue = z.core.$ZodIssue

/** Says each schema issue in our words, with the nearest valid name where a name is wrong. */
export function findingsOf(issues: readonly Issue[], tree: unknown): readonly Finding[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key]))
    const value = valueAt(tree, path)
    if (value === undefined) return [{ path, message: `${dotted(path)} is required` }]
    return [
      {
        path,
        at: 'value' as const,
        message: `${path.length === 0 ? 'the file' : dotted(path)} ${complaint(issue, path, value)}`,
      },
    ]
  })
}

function unknownKey(path: KeyPath): Finding {
  const key = String(path.at(-1))
  const parent = path.slice(0, -1)
  const siblings = keysAt(parent)
  const near = nearestName(key, siblings)
  if (near !== undefined)
    return { path, message: `${dotted(path)} is not an option; did you mean ${dotted([...parent, near])}?` }
  const elsewhere = listOptions().find(({ name }) => name.split('.').at(-1)?.toLowerCase() === key.toLowerCase())
  const hint = elsewhere === undefined ? `known here: ${siblings.join(', ')}` : `did you mean ${elsewhere.name}?`
  return { path, message: `${dotted(path)} is not an option; ${hint}` }
}

function complaint(issue: Issue, path: KeyPath, value: unknown): string {
  if (value === null) return 'has no value; give one or leave the key out'
  if (issue.code === 'invalid_value') return wordComplaint(issue.values.map(String), path, value)
  const expected = issue.code === 'invalid_type' ? kinds[issue.expected] : undefined
  if (expected !== undefined && !issue.message.startsWith('must')) return `must be ${expected}, not ${kindOf(value)}`
  return issue.message
}

function wordComplaint(values: readonly string[], path: KeyPath, value: unknown): string {
  const words = wordsAt(path).length > 0 ? wordsAt(path) : values
  const near = typeof value === 'string' ? nearestName(value, words) : undefined
  return `must be one of ${words.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a section with keys',
  array: 'a list',
  string: 'a text (quote it if it looks like a number)',
  boolean: 'true or false',
  number: 'a number',
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  return typeof value === 'string' ? 'a text' : `${value}`
}

function valueAt(tree: unknown, path: KeyPath): unknown {
  let value = tree
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[part]
  }
  return value
}
