import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installServers, type Machine, thisMachine } from '../../../scripts/install-servers.ts'

const all = ['redis-server', 'redis-benchmark', 'etcd', 'etcdctl', 'nginx', 'strace', 'wrk', '/usr/bin/python3']

/** A machine with these programs; what apt-get installs brings `gained`. */
function machineWith(
  programs: readonly string[],
  { isRoot = true, gained = [], failing = false }: { isRoot?: boolean; gained?: string[]; failing?: boolean } = {},
): Machine & { readonly lines: string[]; readonly commands: string[] } {
  const present = new Set(programs)
  const lines: string[] = []
  const commands: string[] = []
  return {
    lines,
    commands,
    isRoot,
    has: (program) => present.has(program),
    run(command, args) {
      commands.push([command, ...args].join(' '))
      if (failing) return 'E: Unable to fetch'
      if (args[0] === 'install') for (const program of gained) present.add(program)
      return undefined
    },
    print: (line) => lines.push(line),
  }
}

test('nothing is done where nothing is missing', () => {
  const machine = machineWith(all)
  assert.equal(installServers(machine), undefined)
  assert.deepEqual([machine.commands, machine.lines], [[], []])
})

test('what is missing is installed, after one update, and named', () => {
  const machine = machineWith(['apt-get', ...all.filter((name) => !/nginx|etcd/.test(name))], {
    gained: ['etcd', 'etcdctl', 'nginx'],
  })
  assert.equal(installServers(machine), undefined)
  assert.deepEqual(machine.commands, [
    'apt-get update -qq',
    'apt-get install -y -qq --no-install-recommends etcd-server etcd-client nginx',
  ])
  assert.deepEqual(machine.lines, ['installing Debian packages: etcd-server etcd-client nginx'])
})

test('without root, without apt-get and when apt-get fails it says what is missing and why', () => {
  const withoutStrace = ['apt-get', ...all.filter((name) => name !== 'strace')]
  const cases = [
    [machineWith(withoutStrace, { isRoot: false }), /only root/],
    [machineWith(withoutStrace.slice(1)), /no apt-get/],
    [machineWith(withoutStrace, { failing: true }), /Unable to fetch/],
    [machineWith(withoutStrace), /not to be found/],
  ] as const
  for (const [machine, reason] of cases) {
    const missing = installServers(machine)
    assert.deepEqual(missing?.packages, ['strace'])
    assert.match(missing.reason, reason)
    assert.match(machine.lines.at(-1) ?? '', /^not installed: strace \(/)
  }
})

test('this machine finds programs, runs them and reports how they fail', () => {
  assert.equal(thisMachine.has('sh'), true)
  assert.equal(thisMachine.has('/bin/sh'), true)
  assert.equal(thisMachine.has('sh', ['-c', 'exit 0']), true)
  assert.equal(thisMachine.has('sh', ['-c', 'exit 3']), false)
  assert.equal(thisMachine.has('no-such-program'), false)
  assert.equal(thisMachine.run('sh', ['-c', 'exit 0']), undefined)
  assert.equal(thisMachine.run('sh', ['-c', 'echo first >&2; echo last >&2; exit 1']), 'last')
  assert.match(thisMachine.run('no-such-program', []) ?? '', /ENOENT/)
})
