import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const folder = 'docs/tour'

test('what the tour makes where it is taken is ignored by git, and the README says so', () => {
  const ignored = readFileSync('.gitignore', 'utf8').split('\n')
  const readme = readFileSync('README.md', 'utf8')
  const made = readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return [...text.matchAll(/(dataDir|tokenFile): \.\/([\w./-]+)/g)].map(([, key, path]) =>
      key === 'dataDir' ? `${path}/` : `${path}`,
    )
  })
  assert.deepEqual([...new Set(made)].toSorted(), ['app.token', 'data-four-shards/'])
  for (const path of made) {
    assert.ok(ignored.includes(`/${path}`), `.gitignore lacks /${path}`)
    assert.ok(readme.includes(`\`${path}\``), `README.md does not name ${path}`)
  }
})
