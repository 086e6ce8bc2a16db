import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { differences, firstCells, quotedIn } from './markdown-tables.ts'

const operators = (text: string): readonly string[] => [...new Set(text.match(/\$[a-z][A-Za-z]*/g) ?? [])]

test('docs/query-language.md has every operator of conditions and nothing else', () => {
  const page = readFileSync('docs/query-language.md', 'utf8')
  const source = readFileSync('src/operation/query/parse-where.ts', 'utf8')
  const known = operators(source.replace(/^ *(\*|\/\*|\/\/).*$/gm, ''))
  const documented = firstCells(page, 'Conditions').flatMap(quotedIn).flatMap(operators)
  assert.ok(known.length > 15)
  assert.deepEqual(differences(documented, known), [])
  assert.deepEqual(differences(['$eq', '$regex'], ['$eq', '$in']), ['$in is missing', '$regex does not exist'])
})
