import assert from 'node:assert/strict'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type FolderProbe, obstacleTo } from '../../../src/cli/obstacle.ts'
import { temporaryFolder } from '../config/loading.ts'

/** Folders that are there, with what this user may do in them. What lies behind a closed one cannot be asked about. */
function probeOf(folders: Readonly<Record<string, 'enter' | 'write' | 'none' | 'file' | 'hidden'>>): FolderProbe {
  return {
    kind: (path) => {
      const found = folders[path]
      if (found === undefined) return 'absent'
      if (found === 'hidden') return 'hidden'
      return found === 'file' ? 'other' : 'folder'
    },
    may: (path, mode) => folders[path] === 'write' || (mode === 'enter' && folders[path] === 'enter'),
  }
}

const cases = [
  [{ '/': 'enter', '/srv': 'write' }, undefined],
  [{ '/': 'enter', '/srv': 'enter', '/srv/a': 'enter', '/srv/a/b': 'write' }, undefined],
  [{ '/': 'enter', '/srv': 'none' }, 'this user may not enter /srv'],
  [{ '/': 'enter', '/srv': 'enter' }, 'this user may not write in /srv'],
  [{ '/': 'enter', '/srv': 'enter', '/srv/a': 'write', '/srv/a/b': 'enter' }, 'this user may not write in /srv/a/b'],
  [{ '/': 'enter', '/srv': 'hidden' }, 'this user may not see where /srv leads'],
  [{ '/': 'enter', '/srv': 'file' }, '/srv is not a folder'],
] as const

for (const [folders, says] of cases) {
  test(`/srv/a/b: ${says ?? 'nothing is in the way'} (${JSON.stringify(folders)})`, () => {
    assert.equal(obstacleTo('/srv/a/b', probeOf(folders))?.detail, says)
  })
}

test('asks the file system', (t) => {
  const folder = temporaryFolder(t)
  assert.equal(obstacleTo(join(folder, 'a', 'b')), undefined)
  writeFileSync(join(folder, 'file'), '')
  assert.deepEqual(obstacleTo(join(folder, 'file', 'b')), {
    folder: join(folder, 'file'),
    detail: `${join(folder, 'file')} is not a folder`,
  })
  const link = join(folder, 'link')
  symlinkSync(link, link)
  assert.deepEqual(obstacleTo(link), { folder: link, detail: `this user may not see where ${link} leads` })
})
