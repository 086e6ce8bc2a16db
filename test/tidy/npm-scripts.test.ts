import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

/** Scripts that npm runs by itself around another one: not where `.npmrc` says ignore-scripts. */
function silentlySkipped(scripts: Readonly<Record<string, string>>, npmrc: string): readonly string[] {
  if (!/^ignore-scripts *= *true$/m.test(npmrc)) return []
  return Object.keys(scripts).filter(
    (name) => Object.hasOwn(scripts, name.replace(/^(pre|post)/, '')) && /^(pre|post)/.test(name),
  )
}

test('no script relies on being run around another one', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  assert.deepEqual(silentlySkipped(scripts, readFileSync('.npmrc', 'utf8')), [])
  assert.match(scripts['start']!, /npm run (-s )?build && /, 'npm start has to build in a fresh clone')
})

test('a script that npm would skip is found', () => {
  const scripts = { start: 'x', prestart: 'y', prepare: 'z', preview: 'w' }
  assert.deepEqual(silentlySkipped(scripts, 'ignore-scripts=true\n'), ['prestart'])
  assert.deepEqual(silentlySkipped(scripts, ''), [])
})
