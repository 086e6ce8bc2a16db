import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generatedFiles } from '../../../scripts/generated-files.ts'

for (const { path, text } of generatedFiles()) {
  test(`${path.split('/').slice(-2).join('/')} is what the sources say`, () => {
    const hint = 'run: node --import tsx scripts/generate-docs.ts'
    assert.equal(readFileSync(path, 'utf8'), text, hint)
  })
}
