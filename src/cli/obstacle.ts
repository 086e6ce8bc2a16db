import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** What keeps this user from making or using a folder: of it and those it lies in, the first that refuses. */
export interface Obstacle {
  readonly folder: string
  /** Ends a sentence: `this user may not enter /srv`. */
  readonly detail: string
}

/** How the file system is asked. */
export interface FolderProbe {
  /** `hidden`: a link into what this user may not see, or into itself. */
  kind(path: string): 'folder' | 'other' | 'absent' | 'hidden'
  may(path: string, mode: 'enter' | 'write'): boolean
}

const systemProbe: FolderProbe = {
  kind: (path) => {
    try {
      const found = statSync(path, { throwIfNoEntry: false })
      if (found === undefined) return 'absent'
      return found.isDirectory() ? 'folder' : 'other'
    } catch {
      return 'hidden'
    }
  },
  may: (path, mode) => {
    try {
      accessSync(path, mode === 'enter' ? constants.X_OK : constants.W_OK)
      return true
    } catch {
      return false
    }
  },
}

/** Undefined if nothing is in the way, as far as that can be told beforehand. */
export function obstacleTo(path: string, probe: FolderProbe = systemProbe): Obstacle | undefined {
  let nearest = '/'
  for (const folder of from('/', resolve(path))) {
    const kind = probe.kind(folder)
    if (kind === 'absent') break
    if (kind === 'hidden') return { folder, detail: `this user may not see where ${folder} leads` }
    if (kind === 'other') return { folder, detail: `${folder} is not a folder` }
    // Only behind folders that let this user in can be seen what is there.
    if (!probe.may(folder, 'enter')) return { folder, detail: `this user may not enter ${folder}` }
    nearest = folder
  }
  return probe.may(nearest, 'write') ? undefined : { folder: nearest, detail: `this user may not write in ${nearest}` }
}

/** A folder and all on the way down to another one. */
function from(top: string, path: string): readonly string[] {
  return path === top || path === dirname(path) ? [path] : [...from(top, dirname(path)), path]
}
