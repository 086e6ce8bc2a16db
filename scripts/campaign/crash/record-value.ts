import { crc32 } from 'node:zlib'

/** Bytes of every value. */
export const valueBytes = 128

const checksumDigits = 8

/** A value that says which key it belongs to and which write made it, with a checksum over the whole. */
export function recordValue(key: string, sequence: number): string {
  const head = `${key} ${sequence} `
  const text = head.padEnd(valueBytes - checksumDigits, head)
  return text + checksumOf(text)
}

/** The sequence of the write that made a value of `key`; undefined if the value is not whole or another key's. */
export function sequenceOf(key: string, value: string): number | undefined {
  const text = value.slice(0, -checksumDigits)
  if (value.length !== valueBytes || value.slice(-checksumDigits) !== checksumOf(text)) return undefined
  const [owner, sequence] = text.split(' ', 2)
  return owner === key ? Number(sequence) : undefined
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(checksumDigits, '0')
}
