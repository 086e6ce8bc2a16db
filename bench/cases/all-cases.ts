import type { Scale } from '../scale.ts'
import type { Case } from './case.ts'
import { httpCases } from './http-cases.ts'
import { rangeCases } from './range-cases.ts'
import { respCases } from './resp-cases.ts'
import { systemsUnderTest } from './systems-under-test.ts'

/** Everything there is to measure, in the order in which it runs. `program`: the built `main.js`. */
export function allCases(scale: Scale, program: string): readonly Case[] {
  const systems = systemsUnderTest(scale, program)
  return [...httpCases(systems, scale), ...respCases(systems, scale), ...rangeCases(systems, scale, program)]
}
