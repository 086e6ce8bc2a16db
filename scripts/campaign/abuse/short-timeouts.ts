/** Timeouts that end within a run of so few seconds. */
export function shortTimeouts(seconds: number): Readonly<Record<string, string>> {
  const timeout = `${Math.round(seconds * 300)}ms`
  return { 'limits.headersTimeout': timeout, 'limits.requestTimeout': timeout }
}
