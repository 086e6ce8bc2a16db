import type { Limit } from '../limit.ts'

/** The number that was configured, whatever is observed. */
export function fixedLimit(permits: number): Limit {
  return { permits, observe: () => undefined }
}
