import { deepest, isArray, type Json, TooDeep } from './json-value.ts'
import { rank, rankOf } from './order.ts'

/** An array without elements comes before null where it is ordered by, as in MongoDB. */
const emptyTag = 1
const end = 0
const escaped = 0xff
/** After `end`: that byte alone would make a text a prefix of its continuations, which flipping bits does not reverse. */
const ended = 1
const nothing = new Uint8Array(0)

/**
 * Writes values as bytes whose unsigned order is the order of `compareValues`, so that ordering, keeping the best and
 * merging are byte comparisons, and a kept key holds on to no parsed JSON. A value is its rank, then:
 *
 * - number: 8 bytes big-endian, the sign bit flipped if positive, all bits flipped if negative;
 * - string: UTF-8 with each 00 written as 00 FF, then 00 01;
 * - object: for each member 01, rank of the value, name as a string, value; then 00;
 * - array: the values, then 00;
 * - boolean: 00 or 01.
 *
 * A descending term has all its bits flipped. One buffer is reused: `bytes[0..length)` holds until the next `reset`.
 */
export class SortKeyWriter {
  #bytes = Buffer.allocUnsafeSlow(256)
  #length = 0

  reset(): void {
    this.#length = 0
  }

  /** How many bytes are written. */
  get length(): number {
    return this.#length
  }

  /** Appends one term; undefined stands for an array without elements. */
  append(value: Json | undefined, descending: boolean): void {
    const start = this.#length
    if (value === undefined) this.#byte(emptyTag)
    else this.#value(value, 0)
    if (descending) this.#invert(start)
  }

  /** Appends the record's key, written like a string but bytes as they are. */
  appendKey(key: Uint8Array, descending: boolean): void {
    const start = this.#length
    this.#reserve(2 * key.length + 2)
    for (const byte of key) {
      this.#bytes[this.#length++] = byte
      if (byte === end) this.#bytes[this.#length++] = escaped
    }
    this.#bytes[this.#length++] = end
    this.#bytes[this.#length++] = ended
    if (descending) this.#invert(start)
  }

  /** Negative, 0 or positive as what was written comes before, equals or comes after `other`. */
  compare(other: Uint8Array): number {
    return this.#bytes.compare(other, 0, other.length, 0, this.#length)
  }

  copy(): Uint8Array {
    return this.#length === 0 ? nothing : new Uint8Array(this.#bytes.subarray(0, this.#length))
  }

  #value(value: Json, depth: number): void {
    if (depth > deepest) throw new TooDeep()
    const type = rank(value)
    this.#byte(type)
    if (type === rankOf.number) this.#number(value as number)
    else if (type === rankOf.string) this.#text(value as string)
    else if (type === rankOf.boolean) this.#byte(value === true ? 1 : 0)
    else if (isArray(value)) {
      for (const element of value) this.#value(element, depth + 1)
      this.#byte(end)
    } else if (type === rankOf.object) {
      for (const [name, member] of Object.entries(value as object) as [string, Json][]) {
        this.#byte(1)
        this.#byte(rank(member))
        this.#text(name)
        this.#value(member, depth + 1)
      }
      this.#byte(end)
    }
  }

  #number(value: number): void {
    this.#reserve(8)
    const start = this.#length
    this.#bytes.writeDoubleBE(value === 0 ? 0 : value, start)
    this.#length += 8
    if (value < 0) this.#invert(start)
    else this.#bytes[start] = this.#bytes[start]! ^ 0x80
  }

  #text(value: string): void {
    if (value.includes('\0')) {
      const [first, ...rest] = value.split('\0')
      this.#plain(first!)
      for (const part of rest) {
        this.#byte(end)
        this.#byte(escaped)
        this.#plain(part)
      }
    } else this.#plain(value)
    this.#byte(end)
    this.#byte(ended)
  }

  #plain(text: string): void {
    this.#reserve(3 * text.length)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #invert(start: number): void {
    for (let i = start; i < this.#length; i++) this.#bytes[i] = this.#bytes[i]! ^ 0xff
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + more))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
