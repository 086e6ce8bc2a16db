import { GatewayError } from '../../errors.ts'
import { maxKeyBytes } from '../../operation/body.ts'
import { type CursorQuery, decodeCursor } from '../../operation/cursor.ts'
import { decodePercent } from './codec/percent.ts'
import type { RequestHead } from './codec/request-head.ts'
import { parseTtl, ttlRule } from './durations.ts'

const [ampersand, equals] = [0x26, 0x3d]

/** The parameters of a query string: `%XX` decoded, `+` literal, each at most once. */
export class Parameters {
  private readonly values = new Map<string, Buffer>()

  /** Throws a `GatewayError` for a parameter that is not among `known`, comes twice or is malformed. */
  constructor(head: RequestHead, known: readonly string[]) {
    if (head.queryStart === 0) return
    const { bytes, base } = head
    const end = base + head.queryEnd
    for (let at = base + head.queryStart; at < end; at++) {
      let stop = bytes.indexOf(ampersand, at)
      if (stop < 0 || stop > end) stop = end
      if (stop > at) this.add(bytes, at, stop, known)
      at = stop
    }
  }

  bytes(name: string): Buffer | undefined {
    return this.values.get(name)
  }

  text(name: string): string | undefined {
    return this.values.get(name)?.toString('utf8')
  }

  /** A bound or prefix of keys: empty means none. */
  key(name: string): Buffer | undefined {
    const bytes = this.values.get(name)
    if (bytes === undefined || bytes.length === 0) return undefined
    if (bytes.length > maxKeyBytes) throw new GatewayError('bad-key', `${name} is longer than ${maxKeyBytes} bytes.`)
    return Buffer.from(bytes)
  }

  whole(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw invalid(name, `must be a whole number from ${min} to ${max}`)
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text !== undefined && !values.includes(text as T)) throw invalid(name, `must be one of: ${values.join(', ')}`)
    return text as T | undefined
  }

  /** Milliseconds. */
  ttl(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const ms = parseTtl(text)
    if (ms === undefined) throw invalid(name, ttlRule)
    return ms
  }

  /** The last key that a cursor carries, if there is one; throws `bad-cursor` if it is not one of this query's. */
  cursor(secret: Uint8Array, query: CursorQuery): Buffer | undefined {
    const text = this.text('cursor')
    if (text === undefined) return undefined
    const last = decodeCursor(secret, query, text)
    if (last !== undefined) return last
    throw new GatewayError('bad-cursor', 'The cursor was altered, or belongs to a call with other parameters.')
  }

  private add(bytes: Buffer, start: number, end: number, known: readonly string[]): void {
    const sign = bytes.indexOf(equals, start)
    const nameEnd = sign < 0 || sign > end ? end : sign
    const name = decodePercent(bytes, start, nameEnd)?.toString('latin1')
    const value = decodePercent(bytes, Math.min(nameEnd + 1, end), end)
    if (name === undefined || value === undefined) {
      throw new GatewayError('bad-key', 'The query string holds a malformed % escape or a byte that must be escaped.')
    }
    if (!known.includes(name)) {
      const allowed = known.length === 0 ? 'there are none here' : `known are: ${known.join(', ')}`
      throw new GatewayError(
        'bad-parameter',
        `Unknown query parameter ${JSON.stringify(name.slice(0, 40))}; ${allowed}.`,
      )
    }
    if (this.values.has(name)) throw invalid(name, 'must not come twice')
    this.values.set(name, value)
  }
}

function invalid(name: string, what: string): GatewayError {
  return new GatewayError('bad-parameter', `The parameter ${name} ${what}.`)
}
