import assert from 'node:assert/strict'
import { test } from 'node:test'
import { globMatches, literalPrefix } from '../../../../src/ingress/resp/glob.ts'

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
    for (const key of matching) assert.equal(globMatches(bytes(pattern), bytes(key)), true, JSON.stringify(key))
    for (const key of others) assert.equal(globMatches(bytes(pattern), bytes(key)), false, JSON.stringify(key))
  })
}

test('glob: many stars stay cheap', () => {
  const pattern = bytes(`${'*a'.repeat(200)}b`)
  const key = bytes('a'.repeat(1024))
  const started = process.cpuUsage()
  for (let i = 0; i < 20; i++) assert.equal(globMatches(pattern, key), false)
  const { user } = process.cpuUsage(started)
  assert.ok(user < 2_000_000, `${user} us for 20 keys`)
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
