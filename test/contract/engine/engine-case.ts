import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemRuntime } from '../../../src/runtime/runtime.ts'
import { createEngine } from '../../../src/stores/embedded/engine/create-engine.ts'
import type { Change, Engine, Space, WalkRange } from '../../../src/stores/embedded/engine/engine.ts'

export type EngineName = Engine['name']

export interface Opened {
  readonly engine: Engine
  /** Closes the engine and opens another one on the same files; answers what `open` answered. */
  reopen(): Promise<{ engine: Engine; mark: Uint8Array | undefined }>
}

/** An open engine in a directory of its own, which goes away with the test. */
export async function openEngine(t: TestContext, name: EngineName): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), `headgate-engine-${name}-`))
  let engine = createEngine(name, directory, systemRuntime)
  t.after(async () => {
    await engine.close()
    await rm(directory, { recursive: true })
  })
  await engine.open()
  return {
    engine,
    async reopen() {
      await engine.close()
      engine = createEngine(name, directory, systemRuntime)
      return { engine, mark: await engine.open() }
    },
  }
}

export type Pair = readonly [key: string, value: string]

export const anyMark = Buffer.from('mark')

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

export function change(space: Space, key: string, value: string | undefined): Change {
  return { space, key: bytesOf(key), value: value === undefined ? undefined : bytesOf(value) }
}

export function whole(space: Space): WalkRange {
  const open = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true }
  return { space, ...open, reverse: false, values: true, limit: Number.MAX_SAFE_INTEGER }
}

/** What a walk visits, up to `most` keys before the visitor stops it. */
export async function walked(engine: Engine, range: WalkRange, most = Number.MAX_SAFE_INTEGER): Promise<Pair[]> {
  const seen: Pair[] = []
  await engine.walk(range, (key, value, start, end) => {
    seen.push([textOf(key), range.values ? textOf(value.subarray(start, end)) : ''])
    return seen.length < most
  })
  return seen
}

/** The value of a key by every way of reading that the engine has; they have to agree. */
export async function read(engine: Engine, space: Space, key: string): Promise<string | undefined> {
  const [fetched] = await engine.fetch(space, [bytesOf(key)])
  const answer = fetched === undefined ? undefined : textOf(fetched)
  if (engine.syncReads) {
    const found = engine.find(space, bytesOf(key))
    const value = found ? textOf(engine.bytes.subarray(engine.start, engine.end)) : undefined
    if (value !== answer) throw new Error(`find and fetch disagree on ${key}`)
  }
  return answer
}
