import type { GatewayError } from '../../../errors.ts'
import { hostByte } from './byte-classes.ts'
import { codecErrors as errors } from './codec-errors.ts'
import { method } from './methods.ts'
import type { RequestHead } from './request-head.ts'

const slash = 0x2f
const schemes = ['http://', 'https://'].map((scheme) => Buffer.from(scheme))

/**
 * Settles which form of RFC 9112 section 3.2 the target has, and where its path lies. Origin-form, absolute-form (whose
 * authority is checked and then ignored: one Headgate is one origin) and `OPTIONS *` pass; the authority-form belongs
 * to CONNECT, which is not served here.
 */
export function settleTarget(head: RequestHead): GatewayError | undefined {
  const first = head.bytes[head.base + head.pathStart]!
  if (head.method === method.connect) return errors.targetForm
  if (first === slash) return undefined
  if (head.method === method.options && first === 0x2a && head.pathEnd - head.pathStart === 1) {
    return head.queryStart === 0 ? undefined : errors.targetForm
  }
  return settleAbsolute(head)
}

function settleAbsolute(head: RequestHead): GatewayError | undefined {
  const { bytes, base } = head
  const from = base + head.pathStart
  const to = base + head.pathEnd
  const scheme = schemes.find((candidate) => startsWith(bytes, from, to, candidate))
  if (scheme === undefined) return errors.targetForm
  const authority = from + scheme.length
  let at = authority
  while (at < to && bytes[at] !== slash) {
    // Also refuses user information, as RFC 9110 section 4.2.4 advises.
    if (hostByte[bytes[at]!] === 0) return errors.targetForm
    at++
  }
  if (at === authority) return errors.targetForm
  head.pathStart = at - base
  return undefined
}

function startsWith(bytes: Uint8Array, from: number, to: number, lower: Uint8Array): boolean {
  if (to - from < lower.length) return false
  for (let i = 0; i < lower.length; i++) {
    const byte = bytes[from + i]!
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== lower[i]) return false
  }
  return true
}
