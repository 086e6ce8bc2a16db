import type { z } from 'zod'
import { choice, section } from '../option.ts'

export const logSection = section('The log, one JSON object a line.', {
  level: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', {
    meaning: 'Least severity that is logged.',
    effect: 'info logs each control decision and nothing for each request; debug and trace cost throughput.',
  }),
})

export interface LogSettings {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
}

export function logSettings(config: z.output<typeof logSection>): LogSettings {
  return { level: config.level }
}
