import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'

/**
 * The process (not this one) that has a file under `folder` open, as far as this user may see; undefined if there is
 * none, or where the system does not say (only Linux does, in /proc).
 */
export function folderHolder(folder: string): number | undefined {
  const inside = `${realpathSync(folder)}${sep}`
  const processes = listed('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const holder = processes.find((id) => {
    const descriptors = join('/proc', id, 'fd')
    return listed(descriptors).some((descriptor) => target(join(descriptors, descriptor)).startsWith(inside))
  })
  return holder === undefined ? undefined : Number(holder)
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}
