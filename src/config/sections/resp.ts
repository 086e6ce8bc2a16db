import type { z } from 'zod'
import { flag, section } from '../option.ts'

export const respSection = section('The Redis protocol.', {
  splitMset: flag(false, {
    meaning: 'Whether MSET may write to several shards.',
    effect:
      'true spreads the keys of one MSET over their shards, which is not atomic: a failure may leave some written. ' +
      'false answers -CROSSSLOT.',
  }),
})

export interface RespSettings {
  readonly splitMset: boolean
}

export function respSettings(config: z.output<typeof respSection>): RespSettings {
  return { splitMset: config.splitMset }
}
