import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

const mark = '\u001e'

/** Takes commands from descriptor 3, so that none of them can swallow the next; says after each that it is over. */
const loop = `
redis-cli() { command redis-cli --no-raw "$@"; }
curl() { command curl --no-progress-meter "$@"; }
while IFS= read -r line <&3; do
  { eval "$line"; } </dev/null 2>&1 3<&-
  printf '${mark}\\n'
done`

/**
 * A shell into which commands are pasted one by one, as into a terminal: redis-cli and curl write what they would write
 * there.
 */
export class PastedShell {
  readonly #child: ChildProcess
  readonly #commands: Writable
  readonly #output: Readable
  #text = ''
  #heard: () => void = () => undefined

  constructor(folder: string) {
    this.#child = spawn('bash', ['--norc', '-c', loop], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'dumb', COLUMNS: '140' },
    })
    this.#commands = this.#child.stdio[3] as Writable
    this.#output = this.#child.stdout!
    this.#output.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text
      this.#heard()
    })
    this.#child.on('exit', () => this.#heard())
  }

  /** What the command wrote, errors included. Rejects after `limitMs` with what came until then. */
  async paste(command: string, limitMs: number): Promise<string> {
    this.#commands.write(`${command}\n`)
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`not done after ${limitMs} ms: ${command}\n${this.#text}`))
      }, limitMs)
      this.#heard = () => {
        const ended = this.#child.exitCode !== null
        if (!ended && !this.#text.includes(mark)) return
        clearTimeout(late)
        if (ended) reject(new Error(`the shell ended at: ${command}`))
        else resolve()
      }
      this.#heard()
    })
    const end = this.#text.indexOf(mark)
    const answer = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + mark.length + 1)
    return answer
  }

  /** Closes the shell. What it left running in the background goes on. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#commands.end()
    await exited
  }
}
