import { whereOf } from '../config/problem.ts'
import type { CliIo } from './cli-io.ts'
import { type ConfigOptions, configFileOf, loadFrom } from './config-options.ts'
import { checkDisk } from './doctor/disk-checks.ts'
import { type Finding, fail, ok, warn } from './doctor/finding.ts'
import { checkClock, checkNodeVersion, machineChecks } from './doctor/machine-checks.ts'
import { checkPorts } from './doctor/port-checks.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { holdProcess } from './hold-process.ts'

export interface DoctorOptions extends ConfigOptions {
  readonly json?: true
}

/** `headgate doctor`: would Headgate run well here, with this configuration? Failed only if it would not run. */
export async function doctor(options: DoctorOptions, io: CliIo): Promise<ExitCode> {
  const findings = await examine(options, io)
  const failed = findings.some(({ verdict }) => verdict === 'fail')
  if (options.json === true) io.stdout.write(`${JSON.stringify({ ok: !failed, findings }, undefined, 2)}\n`)
  else io.stdout.write(report(findings))
  return failed ? exitCodes.failed : exitCodes.ok
}

async function examine(options: DoctorOptions, io: CliIo): Promise<readonly Finding[]> {
  const general = [checkNodeVersion(process.versions.node), await checkClock(io.runtime, holdProcess)]
  const file = configFileOf(options, io)
  const loaded = loadFrom(options, io)
  if (!loaded.ok) {
    const problems = loaded.problems.map((problem) => `${whereOf(problem)}: ${problem.message}`)
    return [
      ...general,
      fail('configuration', problems.join('; '), 'correct it: headgate check; the rest was not looked at'),
    ]
  }
  const doubts = loaded.warnings.map((doubt) => `${whereOf(doubt)}: ${doubt.message}`)
  const what = file ?? 'none given: the defaults'
  const configuration = doubts.length === 0 ? ok('configuration', what) : warn('configuration', what, doubts.join('; '))
  const { settings } = loaded
  return [
    ...general,
    configuration,
    ...machineChecks(settings),
    ...(await checkDisk(settings, io.runtime)),
    ...(await checkPorts(settings)),
  ]
}

const marks = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ name, verdict, detail, advice }) => {
    const line = `${marks[verdict]}  ${name.padEnd(width)}  ${detail}`
    return advice === undefined ? [line] : [line, `${' '.repeat(width + 8)}${advice}`]
  })
  const count = (verdict: Finding['verdict']) => findings.filter((finding) => finding.verdict === verdict).length
  return [...lines, '', `${count('ok')} ok, ${count('warn')} to consider, ${count('fail')} failed`, ''].join('\n')
}
