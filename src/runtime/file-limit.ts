import { readFileSync } from 'node:fs'

/** What the data ports and the admin port may take of the files of a process; the rest is the store's and the log's. */
export const fileShares = { data: 1 / 2, admin: 1 / 8 } as const

/** How many files (and so connections) this process may have open: the soft limit; undefined where nobody says. */
export function openFileLimit(): number | undefined {
  try {
    return parseOpenFileLimit(readFileSync('/proc/self/limits', 'latin1'))
  } catch {
    return undefined
  }
}

/** The same, out of the text of `/proc/PID/limits`. */
export function parseOpenFileLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1]
  return soft === undefined ? undefined : Number(soft)
}
