import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { embeddedCommands } from '../../src/ingress/resp/commands/command-table.ts'
import { differences, firstCells, quotedIn } from './markdown-tables.ts'

/** Names in capitals, subcommands as `CLIENT ID`. */
function namesOfCommands(): readonly string[] {
  return embeddedCommands.all.flatMap(({ name, subcommands }) => {
    const subs = [...(subcommands?.values() ?? [])].map((sub) => sub.name.replace('|', ' '))
    return [name, ...subs].map((each) => each.toUpperCase())
  })
}

const documented = (page: string): readonly string[] => firstCells(page, 'Commands').flatMap(quotedIn)

test('docs/redis.md has every command and nothing else', () => {
  const names = namesOfCommands()
  assert.ok(names.length > 50 && names.includes('CLIENT ID'))
  assert.deepEqual(differences(documented(readFileSync('docs/redis.md', 'utf8')), names), [])
})

test('a command that is missing, made up or there twice is found', () => {
  const page = '## Commands\n### A\n| command | a |\n|---|---|\n| `GET`, `PUT` | |\n| `GET` | |\n## More\n| `X` |'
  assert.deepEqual(documented(page), ['GET', 'PUT', 'GET'])
  assert.deepEqual(differences(documented(page), ['GET', 'DEL']), [
    'DEL is missing',
    'PUT does not exist',
    'GET is there twice',
  ])
})
