/** A parsed reply: type character, and text or elements. */
export interface RespValue {
  readonly type: string
  readonly text: string
  readonly elements: readonly RespValue[]
}

/** Parses one whole reply, given as text of characters 0..255. */
export function parseReply(text: string): RespValue {
  return parseAt(text, 0).value
}

function parseAt(text: string, at: number): { value: RespValue; end: number } {
  const newline = text.indexOf('\r\n', at)
  const type = text[at] ?? ''
  const line = text.slice(at + 1, newline)
  let end = newline + 2
  if (type === '$' || type === '=') {
    const length = Number(line)
    if (length < 0) return { value: { type, text: 'nil', elements: [] }, end }
    return { value: { type, text: text.slice(end, end + length), elements: [] }, end: end + length + 2 }
  }
  const count = '*~>'.includes(type) ? Number(line) : type === '%' ? 2 * Number(line) : 0
  const elements: RespValue[] = []
  for (let i = 0; i < count; i++) {
    const element = parseAt(text, end)
    elements.push(element.value)
    end = element.end
  }
  return { value: { type, text: line, elements }, end }
}
