import type { Runtime } from '../../runtime/runtime.ts'
import { type Engine, systemSpace } from './engine/engine.ts'
import type { Outcomes } from './evaluate/outcome.ts'
import { LeaseTable } from './leases/lease-table.ts'
import type { Overlay } from './overlay.ts'
import { systemKind } from './system-keys.ts'

interface Stored {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Fills what is kept in memory: leases, and how many outcomes are remembered. Nothing is written or applied yet, so that
 * engine and overlay together are the state of one moment. The overlay is not put in order for it: after a crash under
 * load it can hold a million records, and hardly any of the few keys that matter here.
 */
export async function loadSystemState(
  runtime: Runtime,
  engine: Engine,
  overlay: Overlay | undefined,
  outcomes: Outcomes,
): Promise<LeaseTable> {
  const table = new LeaseTable()
  if (overlay === undefined) return table
  const stored = [...(await inEngine(engine, overlay)), ...inOverlay(overlay)]
  const now = runtime.clock.now()
  // A lease has to be known before its attachments.
  for (const { key, value } of stored) if (key[0] === systemKind.lease) table.absorb(key, value, now)
  for (const { key, value } of stored) {
    if (key[0] === systemKind.outcome) outcomes.added(value)
    else if (key[0] !== systemKind.lease) table.absorb(key, value, now)
  }
  return table
}

/** The keys about leases and outcomes that the engine has and the overlay does not change. */
async function inEngine(engine: Engine, overlay: Overlay): Promise<Stored[]> {
  const stored: Stored[] = []
  const lower = { lower: Uint8Array.of(systemKind.lease), lowerInclusive: true }
  const range = {
    space: systemSpace,
    ...lower,
    upper: undefined,
    upperInclusive: true,
    reverse: false,
    values: true,
  } as const
  await engine.walk({ ...range, limit: Number.MAX_SAFE_INTEGER }, (key, value, start, end) => {
    if (overlay.find(systemSpace, key) < 0)
      stored.push({ key: Buffer.from(key), value: Buffer.from(value.subarray(start, end)) })
    return true
  })
  return stored
}

/** The newest effect of each key of the system space. */
function inOverlay(overlay: Overlay): Stored[] {
  const stored: Stored[] = []
  for (let sequence = overlay.head; sequence < overlay.tail; sequence++) {
    const ref = overlay.refAt(sequence)
    if (overlay.spaceAt(ref) !== systemSpace || overlay.removesAt(ref)) continue
    const key = overlay.keyAt(ref)
    if (overlay.find(systemSpace, key) !== ref) continue
    stored.push({ key, value: overlay.slabAt(ref).bytes.subarray(overlay.valueStartAt(ref), overlay.valueEndAt(ref)) })
  }
  return stored
}
