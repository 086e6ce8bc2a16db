import type { Attack } from './attack.ts'
import { adminPort } from './attacks/admin-port.ts'
import { churn } from './attacks/churn.ts'
import { hostileKeys } from './attacks/hostile-keys.ts'
import { largeBodies } from './attacks/large-bodies.ts'
import { randomBytes } from './attacks/random-bytes.ts'
import { respSizes } from './attacks/resp-sizes.ts'
import { scans } from './attacks/scans.ts'
import { slowBodies, slowHeaders } from './attacks/slow-connections.ts'
import { smuggling } from './attacks/smuggling.ts'
import { transactions } from './attacks/transactions.ts'
import { unreadAnswers } from './attacks/unread-answers.ts'
import { wideCommands } from './attacks/wide-commands.ts'

/** In the order they are run. */
export const attacks: readonly Attack[] = [
  slowHeaders,
  slowBodies,
  largeBodies,
  respSizes,
  wideCommands,
  unreadAnswers,
  transactions,
  randomBytes,
  hostileKeys,
  smuggling,
  churn,
  scans,
  adminPort,
]

/** Throws an Error that names the attacks there are. */
export function attacksNamed(names: readonly string[]): readonly Attack[] {
  return names.map((name) => {
    const found = attacks.find((attack) => attack.name === name)
    if (found === undefined)
      throw new Error(`no attack "${name}"; there are ${attacks.map((each) => each.name).join(', ')}`)
    return found
  })
}
