import { maxKeyBytes } from '../../../operation/body.ts'
import type { Arguments } from '../arguments.ts'
import type { RespServer } from '../resp-server.ts'

/** Why argument `index` cannot be a key; undefined if it can. */
export function keyFault(args: Arguments, index: number): string | undefined {
  const length = args.length(index)
  if (length >= 1 && length <= maxKeyBytes) return undefined
  return `ERR the key has ${length} bytes; keys have 1 to ${maxKeyBytes} bytes`
}

/** The same for every `step`th argument from `first` on. */
export function keysFault(args: Arguments, first: number, step: number): string | undefined {
  for (let i = first; i < args.count; i += step) {
    const fault = keyFault(args, i)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Why argument `index` cannot be a value; undefined if it can. */
export function valueFault(server: RespServer, args: Arguments, index: number): string | undefined {
  const length = args.length(index)
  const limit = server.settings.maxValueBytes
  if (length <= limit) return undefined
  return `ERR the value has ${length} bytes; limits.maxValue is ${limit} bytes`
}

/** Views of every `step`th argument from `first` on. */
export function viewsFrom(args: Arguments, first: number, step: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let i = first; i < args.count; i += step) views.push(args.view(i))
  return views
}
