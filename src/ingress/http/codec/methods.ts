/** Methods the records API knows. Any other token is `other`: well-formed, answered 405 (or 404) by the routes. */
export const method = { other: 0, get: 1, head: 2, put: 3, post: 4, delete: 5, options: 6, connect: 7 } as const

export type Method = (typeof method)[keyof typeof method]

const known: readonly (readonly [string, Method])[] = [
  ['GET', method.get],
  ['HEAD', method.head],
  ['PUT', method.put],
  ['POST', method.post],
  ['DELETE', method.delete],
  ['OPTIONS', method.options],
  ['CONNECT', method.connect],
]

const knownBytes = known.map(([name, id]) => ({ name: Buffer.from(name), id }))

/** Methods are case-sensitive (RFC 9110 section 9.1). */
export function methodOf(bytes: Uint8Array, start: number, end: number): Method {
  for (const { name, id } of knownBytes) {
    if (name.length !== end - start) continue
    let i = 0
    while (i < name.length && name[i] === bytes[start + i]) i++
    if (i === name.length) return id
  }
  return method.other
}

const names = new Map(known.map(([name, id]) => [id, name]))

export function methodName(id: Method): string {
  return names.get(id) ?? 'other'
}
