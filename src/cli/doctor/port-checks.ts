import { tryToListen } from '../../assembly/try-ports.ts'
import { listenerNames } from '../../config/sections/listen.ts'
import type { Settings } from '../../config/settings.ts'
import { startFailure } from '../start-failure.ts'
import { type Finding, fail, ok } from './finding.ts'

/** Tries to listen on each configured address, one after the other. */
export async function checkPorts(settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const name of listenerNames) {
    const { host, port } = settings.listen[name]
    const what = `listen.${name}`
    try {
      await tryToListen(settings.listen[name])
      findings.push(ok(what, `${host}:${port} is free`))
    } catch (error) {
      findings.push(fail(what, `${host}:${port} cannot be used`, startFailure(error, settings).why))
    }
  }
  return findings
}
