import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'

/** Whether the client asked for one JSON text a line (`Accept: application/x-ndjson`), which streams. */
export function wantsLines(head: RequestHead): boolean {
  const accept = head.value(header.accept)
  if (accept === undefined) return false
  return accept.split(',').some((element) => {
    const [media = '', ...parameters] = element.split(';')
    const refused = parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/i.test(parameter))
    return media.trim().toLowerCase() === 'application/x-ndjson' && !refused
  })
}
