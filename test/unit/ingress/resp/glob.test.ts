import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Glob, literalPrefix } from '../../../../src/ingress/resp/glob.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** Pattern, keys that match, keys that do not; as stringmatchlen of Redis 7.0 has it. */
const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['', [], ['a']],
  ['*', ['a', 'abc', '\0\xff'], []],
  ['**', ['a'], []],
  ['a*', ['a', 'ab', 'a*'], ['b', 'ba', 'A']],
  ['*a', ['a', 'ba', 'aa'], ['ab']],
  ['a*b*c', ['abc', 'axxbxxc', 'abcbc'], ['ab', 'acb']],
  ['a?c', ['abc', 'a\xffc'], ['ac', 'abbc']],
  ['[abc]', ['a', 'c'], ['d', 'ab', '[abc]']],
  ['[^abc]', ['d', '^'], ['a']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
  ['[c-a]', ['a', 'b', 'c'], ['d']],
  ['[a-]', ['_', ']', 'a', '^'], ['-', 'b']],
  ['[-a]', ['-', 'a'], ['b']],
  ['[]', [], [']', 'a']],
  ['[^]', ['a'], []],
  ['[', [], ['[', 'a']],
  ['[^', ['a'], []],
  ['[ab', ['a', 'b'], ['c', '[ab']],
  ['[a-', ['a', '-'], ['b']],
  ['[\\]]', [']'], ['\\']],
  ['[\\', ['\\'], ['a']],
  ['\\*', ['*'], ['a', '\\*']],
  ['\\', ['\\'], ['a']],
  ['a\\', ['a\\'], ['a']],
  ['[\x80-\x7f]', ['\x80', '\xff', '\0', 'a'], []],
  ['[a-\xff]', ['a', 'A', '\xff', '\0'], ['b', '\xfe']],
]

for (const [pattern, matching, others] of cases) {
  test(`glob: ${JSON.stringify(pattern)}`, () => {
    const glob = new Glob(bytes(pattern))
    for (const key of matching) assert.equal(glob.matches(bytes(key)), true, JSON.stringify(key))
    for (const key of others) assert.equal(glob.matches(bytes(key)), false, JSON.stringify(key))
  })
}

test('glob: many stars and long classes cost no more than elements times bytes', () => {
  const key = bytes('a'.repeat(1024))
  const costs = (pattern: string): number => {
    const glob = new Glob(bytes(pattern))
    assert.equal(glob.matches(key), false, pattern)
    return glob.steps
  }
  assert.ok(costs(`${'*a'.repeat(500)}b`) < 1024 * 1024)
  assert.ok(costs(`${'*'.repeat(1000)}b`) < 3 * 1024, 'stars in a row are one')
  assert.ok(costs(`*[${'b'.repeat(1000)}]`) < 3 * 1024, 'a class is one element')
  const glob = new Glob(bytes('a*'))
  assert.equal(glob.matches(key), true)
  assert.ok(glob.steps < 5, 'the last star takes the rest at once')
})

test('the literal beginning of a pattern', () => {
  const prefixes = {
    '': '',
    abc: 'abc',
    'ab*c': 'ab',
    '*a': '',
    'a?': 'a',
    'a[bc]': 'a',
    'a\\*b*': 'a*b',
    'a\\': 'a\\',
  }
  for (const [pattern, prefix] of Object.entries(prefixes)) {
    assert.equal(Buffer.from(literalPrefix(bytes(pattern))).latin1Slice(), prefix, pattern)
  }
})
