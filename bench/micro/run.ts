import { number } from '../report/figures.ts'
import { textTable } from '../report/text-table.ts'
import { headParsing } from './head-parsing.ts'
import { merging } from './merging.ts'
import type { Micro } from './micro.ts'
import { recordCoding } from './record-coding.ts'
import { respParsing } from './resp-parsing.ts'
import { routing } from './routing.ts'
import { sample } from './sampling.ts'

const micros: readonly Micro[] = [routing(), respParsing(), ...headParsing(), ...recordCoding(), merging()]
const only = process.argv.slice(2)

/** `npx tsx bench/micro/run.ts [NAME ...]`: about two seconds each. */
const rows = micros
  .filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)))
  .map((micro) => {
    const { nsPerOp, proof } = sample(micro, () => performance.now())
    if (!(proof > 0)) throw new Error(`${micro.name} did nothing`)
    return [micro.name, micro.unit, number(nsPerOp.median), `${number(nsPerOp.min)}-${number(nsPerOp.max)}`]
  })
console.log(textTable(['name', 'operation', 'ns/op', 'spread'], rows))
