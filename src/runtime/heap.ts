import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 collect the old generation when it has doubled, not when it is four times what it was: the copies that many
 * scans and listings make outlive the young generation, and kept twice as much memory as they needed. A V8 that does not
 * know the flag says so on standard error and goes on. For processes that serve; call it before work begins.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString('--heap-growing-percent=100')
}
