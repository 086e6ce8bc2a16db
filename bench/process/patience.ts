/** Waits `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Rejects, saying what was waited for, when `work` takes longer than `ms`. The work itself goes on. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks every `everyMs` until `ready` answers true; a rejection counts as false. Rejects after `ms`. */
export async function until(
  ready: () => Promise<boolean>,
  what: string,
  { ms, everyMs }: { readonly ms: number; readonly everyMs: number },
): Promise<void> {
  const end = performance.now() + ms
  let last: unknown
  while (performance.now() < end) {
    try {
      if (await ready()) return
    } catch (error) {
      last = error
    }
    await pause(everyMs)
  }
  const why = last instanceof Error ? ` (${last.message})` : ''
  throw new Error(`${what}: not within ${ms / 1000} s${why}`)
}
