/** Methods every Node Buffer has (lib/buffer.js) that @types/node leaves out; they skip the encoding look-up of `write` and `toString`. */
interface Buffer {
  latin1Write(text: string, offset?: number, length?: number): number
  base64Slice(start?: number, end?: number): string
  latin1Slice(start?: number, end?: number): string
  utf8Write(text: string, offset?: number, length?: number): number
  utf8Slice(start?: number, end?: number): string
}
