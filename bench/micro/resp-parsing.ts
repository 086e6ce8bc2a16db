import { gotCommand, RespParser } from '../../src/ingress/resp/parser.ts'
import { ReceiveBudget } from '../../src/ingress/resp/receive-budget.ts'
import { keyOf } from '../data/records.ts'
import type { Micro } from './micro.ts'

const pipeline = 16
const limits = { maxArguments: 65_536, maxBulkBytes: 2 ** 29, keptBulkBytes: 2 ** 20, maxRequestBytes: 2 ** 24 }

/** One read event with a pipeline of GETs. */
export function respParsing(): Micro {
  const command = (i: number): string => `*2\r\n$3\r\nGET\r\n$16\r\n${keyOf(i * 977)}\r\n`
  const chunk = Buffer.from(Array.from({ length: pipeline }, (_, i) => command(i)).join(''))
  const parser = new RespParser(limits, new ReceiveBudget(limits.maxRequestBytes))
  return {
    name: 'resp-parsing',
    unit: `chunk of ${pipeline} GETs`,
    run: (times) => {
      let args = 0
      for (let i = 0; i < times; i++) {
        parser.feed(chunk)
        while (parser.next(true) === gotCommand) args += parser.args.count
      }
      return args
    },
  }
}
