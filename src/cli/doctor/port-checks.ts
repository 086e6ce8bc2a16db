import { createServer } from 'node:net'
import { type AddressSettings, listenerNames } from '../../config/sections/listen.ts'
import type { Settings } from '../../config/settings.ts'
import { startFailure } from '../start-failure.ts'
import { type Finding, fail, ok } from './finding.ts'

/** Tries to listen on each configured address, one after the other. */
export async function checkPorts(settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const name of listenerNames) {
    const { host, port } = settings.listen[name]
    const error = await tryToListen(settings.listen[name])
    const what = `listen.${name}`
    if (error === undefined) findings.push(ok(what, `${host}:${port} is free`))
    else findings.push(fail(what, `${host}:${port} cannot be used`, startFailure(error, settings)))
  }
  return findings
}

function tryToListen({ host, port }: AddressSettings): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
