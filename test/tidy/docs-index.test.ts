import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { filesOf, type SourceFile } from './source-files.ts'

const link = /\]\(([^)#\s]+)/g
/** Which pages an index has to name. */
const indexes: readonly { readonly index: string; readonly pages: RegExp }[] = [
  { index: 'docs/README.md', pages: /^docs\/(?!README\.md|decisions\/)[\w/.-]+\.md$/ },
  { index: 'docs/decisions/README.md', pages: /^docs\/decisions\/(?!README\.md)[\w.-]+\.md$/ },
]

function linksOf({ path, text }: SourceFile): ReadonlySet<string> {
  return new Set([...text.matchAll(link)].map((match) => join(dirname(path), match[1]!)))
}

/** Pages that no index leads to: nobody would read them. */
function unlisted(files: readonly SourceFile[]): readonly string[] {
  return indexes.flatMap(({ index, pages }) => {
    const page = files.find(({ path }) => path === index)
    const named = page === undefined ? new Set() : linksOf(page)
    const missing = files.filter(({ path }) => pages.test(path) && !named.has(path))
    return missing.map(({ path }) => `${index} does not name ${path}`)
  })
}

test('every page of the documentation is in its index', () => {
  const files = filesOf(['.md'], 'docs')
  assert.ok(files.length > 10)
  assert.deepEqual(unlisted(files), [])
})

test('a page that an index leaves out is found', () => {
  const blank = ['docs/a.md', 'docs/operating/b.md', 'docs/c.md', 'docs/decisions/0001.md', 'docs/decisions/0002.md']
  const files: readonly SourceFile[] = [
    { path: 'docs/README.md', text: '[a](a.md) [b](operating/b.md#x)' },
    { path: 'docs/decisions/README.md', text: '[1](0001.md)' },
    ...blank.map((path) => ({ path, text: '' })),
  ]
  assert.deepEqual(unlisted(files), [
    'docs/README.md does not name docs/c.md',
    'docs/decisions/README.md does not name docs/decisions/0002.md',
  ])
})
