import { z } from 'zod'
import { choice, documented, duration, section } from '../option.ts'

const share = z.number({ error: 'must be a number from 0 to 100' }).min(0).max(100)

const later = { later: true, effect: 'Scale signals are not available in this release.' } as const

export const scalingSection = section('When to ask for more or fewer nodes, and whom to ask.', {
  operator: choice(['none', 'local', 'exec', 'webhook'], 'none', {
    meaning: 'Who carries out scale signals.',
    effect: 'none: nobody, signals are only shown. The others are not available in this release.',
  }),
  triggers: documented(
    z
      .strictObject({
        responseTime: section('Average response time over a window.', {
          up: duration('3s', ['1ms', '10m'], { meaning: 'Ask for a node above this average.', ...later }),
          down: duration('500ms', ['0ms', '10m'], { meaning: 'Offer a node below this average.', ...later }),
          window: duration('60m', ['1m', '24h'], { meaning: 'Length of the average.', ...later }),
        }),
        timeouts: section('Share of requests that time out over a window.', {
          up: documented(share.default(1), {
            meaning: 'Ask for a node above this share.',
            unit: 'percent',
            range: '0 to 100',
            ...later,
          }),
          window: duration('5m', ['1m', '24h'], { meaning: 'Length of the average.', ...later }),
        }),
      })
      .optional(),
    { meaning: 'What users have to feel before a signal is given.' },
  ),
})

export interface ScalingSettings {
  readonly operator: 'none'
}

export function scalingSettings(): ScalingSettings {
  return { operator: 'none' }
}
