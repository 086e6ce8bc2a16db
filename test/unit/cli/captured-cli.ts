import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { CliIo, StopSignal } from '../../../src/cli/cli-io.ts'
import { runCli } from '../../../src/cli/program.ts'
import type { StartNode } from '../../../src/cli/run.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime/runtime.ts'

/** The process as a verb sees it, with everything it said. */
export class CapturedIo implements CliIo {
  out = ''
  err = ''
  readonly exits: number[] = []
  readonly environment: Record<string, string> = {}
  readonly runtime: Runtime
  readonly stdout = { columns: 100, write: (text: string) => this.said('out', text) }
  readonly stderr: { readonly columns: number; isTTY?: boolean; write(text: string): void } = {
    columns: 100,
    write: (text: string) => this.said('err', text),
  }
  private readonly listeners = new Set<(signal: StopSignal) => void>()
  private readonly hangups = new Set<() => void>()
  private readonly awaited: { readonly text: RegExp; readonly resolve: () => void }[] = []

  constructor(runtime: Runtime = systemRuntime) {
    this.runtime = runtime
  }

  onStopSignal(listener: (signal: StopSignal) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  onHangup(listener: () => void): () => void {
    this.hangups.add(listener)
    return () => this.hangups.delete(listener)
  }

  exitNow(code: number): void {
    this.exits.push(code)
  }

  signal(name: StopSignal): void {
    for (const listener of [...this.listeners]) listener(name)
  }

  hangUp(): void {
    for (const listener of [...this.hangups]) listener()
  }

  /** Listeners for signals that are left. */
  get listening(): number {
    return this.listeners.size + this.hangups.size
  }

  /** Resolves once standard output or error match. */
  until(text: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.awaited.push({ text, resolve })
      this.said('out', '')
    })
  }

  private said(stream: 'out' | 'err', text: string): void {
    this[stream] += text
    for (const each of this.awaited) if (each.text.test(this.out) || each.text.test(this.err)) each.resolve()
  }
}

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line to its end. */
export async function cli(argv: readonly string[], io = new CapturedIo(), start?: StartNode): Promise<Ended> {
  const code = await runCli(argv, io, start)
  return { code, out: io.out, err: io.err }
}

/** A stand-in for an admin port; answers its URL and what it was asked. */
export async function adminServer(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
