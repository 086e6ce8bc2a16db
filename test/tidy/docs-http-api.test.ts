import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { recordsApi } from '../../src/ingress/http/api.ts'
import { headerNames } from '../../src/ingress/http/codec/header-names.ts'
import type { Resource } from '../../src/ingress/http/routes.ts'
import { differences, firstCells, quotedIn } from './markdown-tables.ts'
import { type SourceFile, typescriptOf } from './source-files.ts'

const page = (): string => readFileSync('docs/http-api.md', 'utf8')
const listed = (heading: string): readonly string[] => firstCells(page(), heading).flatMap(quotedIn)

const calls = (path: string, { allow }: Resource): readonly string[] =>
  allow.split(', ').map((method) => `${method} ${path}`)

function routes(): readonly string[] {
  const { record, lease, keepAlive, fixed } = recordsApi
  return [
    ...calls('/v1/records/{key}', record),
    ...calls('/v1/leases/{id}', lease),
    ...calls('/v1/leases/{id}/keepalive', keepAlive),
    ...[...fixed].flatMap(([path, resource]) => calls(path, resource)),
  ]
}

/** Names of query parameters that some call reads, from the source. */
function parametersIn(text: string): readonly string[] {
  const lists = [...text.matchAll(/new Parameters\(head, \[([^\]]+)\]/g)].map((match) => match[1]!)
  return lists.flatMap((list) => [...list.matchAll(/'(\w+)'/g)].map((match) => match[1]!))
}

/** Names of headers that the source writes: in calls of `line`, or at the beginning of a text. */
function headersWritten(files: readonly SourceFile[]): readonly string[] {
  const patterns = [/\bline\('([A-Z][A-Za-z-]*)'/g, /(?:['"`]|\\r\\n)([A-Z][A-Za-z]*(?:-[A-Za-z]+)*): /g]
  const found = files.flatMap(({ text }) => patterns.flatMap((pattern) => [...text.matchAll(pattern)]))
  return [...new Set(found.map((match) => match[1]!))]
}

test('docs/http-api.md has every call and nothing else', () => {
  assert.ok(routes().length > 10)
  assert.deepEqual(differences(listed('Calls'), routes()), [])
})

test('docs/http-api.md has every request header that means something', () => {
  const documented = listed('Request headers').map((name) => name.toLowerCase())
  assert.deepEqual(differences(documented, headerNames), [])
})

test('docs/http-api.md has every header that answers carry', () => {
  const known: ReadonlySet<string> = new Set([...listed('Response headers'), ...listed('Request headers')])
  const written = headersWritten(typescriptOf('src/ingress/http'))
  assert.ok(['ETag', 'Headgate-Replayed', 'Retry-After', 'Date'].every((name) => written.includes(name)))
  assert.deepEqual(
    written.filter((name) => !known.has(name)),
    [],
  )
  const planted = [{ path: 'a.ts', text: "heads.line('X-One', '1'); piece(`\\r\\nX-Two: 2`)" }]
  assert.deepEqual(headersWritten(planted), ['X-One', 'X-Two'])
})

test('docs/http-api.md has every query parameter', () => {
  const known = typescriptOf('src/ingress/http/calls').flatMap(({ text }) => parametersIn(text))
  assert.ok(known.includes('ttl') && known.includes('cursor'))
  const documented = new Set([...listed('One record'), ...listed('Scans')])
  assert.deepEqual(
    [...new Set(known)].filter((name) => !documented.has(name)),
    [],
  )
  assert.deepEqual(parametersIn("new Parameters(head, ['a', 'b']), new Parameters(head, [])"), ['a', 'b'])
})
