import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Debian packages that tests and benchmarks run against, each with what shows that it is there. */
const needed: readonly { readonly name: string; readonly program: string; readonly argument?: readonly string[] }[] = [
  { name: 'redis-server', program: 'redis-server' },
  { name: 'redis-tools', program: 'redis-benchmark' },
  { name: 'etcd-server', program: 'etcd' },
  { name: 'etcd-client', program: 'etcdctl' },
  { name: 'nginx', program: 'nginx' },
  { name: 'strace', program: 'strace' },
  { name: 'wrk', program: 'wrk' },
  // By its path: a python3 found elsewhere does not see Debian's packages.
  { name: 'python3-redis', program: '/usr/bin/python3', argument: ['-c', 'import redis'] },
]

/** What the installer asks of the machine; replaced in tests. */
export interface Machine {
  readonly isRoot: boolean
  /** Whether a program is on the path; with arguments, whether it also runs without an error. */
  has(program: string, argument?: readonly string[]): boolean
  /** Runs a command to its end; the last line it wrote when it failed, undefined when it succeeded. */
  run(command: string, args: readonly string[]): string | undefined
  print(line: string): void
}

/** Packages that are not there, and why. */
export interface Missing {
  readonly packages: readonly string[]
  readonly reason: string
}

/** Installs what is missing of the servers the tests use, if this machine lets it. */
export function installServers(machine: Machine): Missing | undefined {
  const absent = absentPackages(machine)
  if (absent.length === 0) return undefined
  const missing = (reason: string): Missing => {
    machine.print(`not installed: ${absentPackages(machine).join(' ')} (${reason})`)
    return { packages: absentPackages(machine), reason }
  }
  if (!machine.has('apt-get')) return missing('no apt-get here; install them your own way')
  if (!machine.isRoot) return missing('only root may install them')
  machine.print(`installing Debian packages: ${absent.join(' ')}`)
  const updateFailure = machine.run('apt-get', ['update', '-qq'])
  if (updateFailure !== undefined) machine.print(`apt-get update failed: ${updateFailure}`)
  const failure = machine.run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...absent])
  const still = absentPackages(machine)
  return still.length === 0 ? undefined : missing(failure ?? 'installed, yet not to be found')
}

function absentPackages(machine: Machine): readonly string[] {
  return needed.filter(({ program, argument }) => !machine.has(program, argument)).map(({ name }) => name)
}

export const thisMachine: Machine = {
  isRoot: process.getuid?.() === 0,
  has: (program, argument) =>
    isOnPath(program) && (argument === undefined || spawnSync(program, argument).status === 0),
  run(command, args) {
    // Installing must not start services: RUNLEVEL=1 keeps invoke-rc.d from it.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8' })
    if (status === 0) return undefined
    return stderr?.trim().split('\n').at(-1) ?? error?.message ?? `exit code ${status}`
  },
  print: (line) => console.log(line),
}

/** System programs live in folders that are not on everyone's path. */
function isOnPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.some((folder) => {
    try {
      accessSync(isAbsolute(program) ? program : join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = installServers(thisMachine) === undefined ? 0 : 1
}
