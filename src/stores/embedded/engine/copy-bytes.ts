/** Up to this length a loop copies faster than a call of `set`. */
const shortBytes = 64

/** Copies all of `source` to `target` at `at`. */
export function copyAll(target: Uint8Array, at: number, source: Uint8Array): void {
  const { length } = source
  if (length > shortBytes) target.set(source, at)
  else for (let i = 0; i < length; i++) target[at + i] = source[i]!
}

/** Copies `source[start..end)` to `target` at `at`. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void {
  const length = end - start
  // A plain view: that of a Buffer would be a Buffer again, which takes twice as long to make.
  if (length > shortBytes) target.set(new Uint8Array(source.buffer, source.byteOffset + start, length), at)
  else for (let from = start, to = at; from < end; from++, to++) target[to] = source[from]!
}
