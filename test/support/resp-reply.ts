/** Length of the reply that begins at `at`, or -1 if it is not whole. RESP2 and RESP3. */
export function replyLength(bytes: Buffer, at: number): number {
  const end = replyEnd(bytes, at)
  return end < 0 ? -1 : end - at
}

function replyEnd(bytes: Buffer, at: number): number {
  const newline = bytes.indexOf('\r\n', at)
  if (newline < 0) return -1
  const type = String.fromCharCode(bytes[at]!)
  const count = Number(bytes.latin1Slice(at + 1, newline))
  let next = newline + 2
  if (type === '$' || type === '=') {
    if (count < 0) return next
    next += count + 2
    return next <= bytes.length ? next : -1
  }
  const elements = '*~>'.includes(type) ? count : type === '%' ? 2 * count : 0
  for (let i = 0; i < elements; i++) {
    next = replyEnd(bytes, next)
    if (next < 0) return -1
  }
  return next
}

/** A command in multibulk form; arguments are text of characters 0..255 or bytes. */
export function commandBytes(...args: readonly (string | Uint8Array)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)]
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg, 'latin1') : Buffer.from(arg)
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}
