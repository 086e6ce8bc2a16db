/** What one look at the machine found. */
export interface Finding {
  readonly name: string
  /** `fail`: Headgate will not run (well) like this. `warn`: it will, but something is worth changing. */
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was seen. */
  readonly detail: string
  /** What to do about it; present unless the verdict is `ok`. */
  readonly advice?: string
}

export function ok(name: string, detail: string): Finding {
  return { name, verdict: 'ok', detail }
}

export function warn(name: string, detail: string, advice: string): Finding {
  return { name, verdict: 'warn', detail, advice }
}

export function fail(name: string, detail: string, advice: string): Finding {
  return { name, verdict: 'fail', detail, advice }
}
