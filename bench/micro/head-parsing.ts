import { HeadParser } from '../../src/ingress/http/codec/head-parser.ts'
import { keyOf } from '../data/records.ts'
import type { Micro } from './micro.ts'

const limits = { maxTargetBytes: 8192, maxHeaderBytes: 8192, maxHeaders: 64 }

/** Heads of requests: the shortest one, and one as clients send it. */
export function headParsing(): readonly Micro[] {
  const line = `GET /v1/records/${keyOf(123_456)} HTTP/1.1`
  const short = [line, 'Host: 127.0.0.1:7400', '', '']
  const usual = [
    line,
    'Host: records.example.org:7400',
    'User-Agent: example-client/1.2 (Linux; x86_64)',
    'Accept: application/json, */*;q=0.8',
    'Accept-Encoding: gzip, deflate',
    'Authorization: Bearer 0123456789abcdef0123456789abcdef',
    'Connection: keep-alive',
    '',
    '',
  ]
  return [parsing('head-parsing', 'GET with Host', short), parsing('head-parsing-usual', 'GET with 6 headers', usual)]
}

function parsing(name: string, unit: string, lines: readonly string[]): Micro {
  const bytes = Buffer.from(lines.join('\r\n'))
  const parser = new HeadParser(limits)
  return {
    name,
    unit,
    run: (times) => {
      let read = 0
      for (let i = 0; i < times; i++) {
        if (parser.parse(bytes, 0, bytes.length) === 'complete') read += parser.head.length
        parser.reset()
      }
      return read
    },
  }
}
