import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check, SourceFile } from './source-files.ts'

/** A file of which the rule must find exactly these places; none means that it must be content. */
export interface Planted extends SourceFile {
  readonly finds: readonly RegExp[]
}

/**
 * Two tests for a rule: it finds what was planted (and nothing else), so it can fail; and the repository keeps it.
 * `files` must not be empty: a rule that looked at nothing has proved nothing.
 */
export function expectCheck(
  rule: string,
  check: Check,
  { files, planted }: { files: readonly SourceFile[]; planted: readonly Planted[] },
): void {
  for (const { finds, ...file } of planted) {
    const outcome = finds.length === 0 ? 'is content with' : 'finds'
    test(`${rule}: ${outcome} a planted ${file.path} (${file.text.split('\n')[0]?.slice(0, 40)})`, () => {
      const found = check([file])
      assert.equal(found.length, finds.length, found.join('\n'))
      for (const [i, pattern] of finds.entries()) assert.match(found[i]!, pattern)
    })
  }
  test(`${rule}: the repository keeps it`, () => {
    assert.ok(files.length > 0, 'no files were looked at')
    assert.ok(
      planted.some(({ finds }) => finds.length > 0),
      'nothing was planted',
    )
    const found = check(files)
    assert.equal(found.length, 0, `\n${found.join('\n')}`)
  })
}
