import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../errors.ts'
import { jsonShapeOf, mostPartsOfValue } from '../../operation/query/json-shape.ts'
import { checkedKey } from './record-key.ts'

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function malformed(detail: string): GatewayError {
  return new GatewayError('malformed', detail)
}

/** As deep as rows of a query may be. */
const mostDepth = 1_000

/**
 * The JSON text of a body, which may have so many arrays and objects: they are what takes long to parse, and that is done
 * in one go. Throws a `GatewayError`.
 */
export function parseJson(body: Buffer, mostParts = mostPartsOfValue): unknown {
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.')
  checkShape(body, mostParts)
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    throw malformed('The body is not valid JSON.')
  }
}

function checkShape(body: Buffer, mostParts: number): void {
  // What is opened is closed: a shorter text is no JSON, or neither deep nor has it many parts.
  if (body.length <= 2 * Math.min(mostDepth, mostParts)) return
  const { depth, parts } = jsonShapeOf(body, 0, body.length, { depth: mostDepth, parts: mostParts })
  if (depth > mostDepth) throw malformed(`The body is nested deeper than ${mostDepth} levels.`)
  if (parts > mostParts) throw new GatewayError('too-large', `The body has more than ${mostParts} arrays and objects.`)
}

/**
 * An object of a request's JSON, read member by member. `place` says in errors where it stands. Every error is thrown
 * as a `GatewayError` that names the member.
 */
export class JsonFields {
  private readonly place: string
  private readonly members: Readonly<Record<string, unknown>>

  constructor(value: unknown, place: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed(`${place} is not an object.`)
    this.place = place
    this.members = value as Record<string, unknown>
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        const shown = JSON.stringify(name.slice(0, 40))
        throw malformed(`${place} has the unknown member ${shown}; known are: ${known.join(', ')}.`)
      }
    }
  }

  has(name: string): boolean {
    return Object.hasOwn(this.members, name)
  }

  /** The member as it is; undefined if it is not there. */
  any(name: string): unknown {
    return this.has(name) ? this.members[name] : undefined
  }

  string(name: string): string | undefined {
    const value = this.any(name)
    if (value !== undefined && typeof value !== 'string') throw this.wrong(name, 'is not a string')
    return value
  }

  boolean(name: string): boolean | undefined {
    const value = this.any(name)
    if (value !== undefined && typeof value !== 'boolean') throw this.wrong(name, 'is neither true nor false')
    return value
  }

  array(name: string): readonly unknown[] {
    const value = this.any(name)
    if (!Array.isArray(value)) throw this.wrong(name, 'is not an array')
    return value
  }

  base64(name: string): Buffer | undefined {
    const text = this.string(name)
    if (text === undefined) return undefined
    if (!base64Pattern.test(text)) throw this.wrong(name, 'is not base64 (RFC 4648, with padding)')
    return Buffer.from(text, 'base64')
  }

  /** The key in `key` or `keyBase64`. */
  key(): Buffer {
    const text = this.string('key')
    const bytes = this.base64('keyBase64')
    if ((text === undefined) === (bytes === undefined)) throw this.wrong('key', 'or else keyBase64 must be there')
    if (text === undefined) return checkedKey(bytes!)
    const key = Buffer.from(text)
    // A lone surrogate has no UTF-8 form, so that two such keys would be one.
    if (key.toString() !== text) throw new GatewayError('bad-key', `${this.place}.key is not well-formed Unicode.`)
    return checkedKey(key)
  }

  wrong(name: string, what: string): GatewayError {
    return malformed(`${this.place}.${name} ${what}.`)
  }
}
