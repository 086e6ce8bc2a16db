import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { RespClient } from './resp-client.ts'

/** A real redis-server on a loopback port of its own, keeping nothing on disk. */
export interface RedisServer {
  readonly port: number
  /** Ends the process and waits for that. */
  stop(): Promise<void>
}

/** Undefined if there is no redis-server on this machine. */
export async function startRedisServer(...extra: readonly string[]): Promise<RedisServer | undefined> {
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/tmp']
  const child = spawn('redis-server', [...options, ...extra], { stdio: ['ignore', 'pipe', 'ignore'] })
  const started = await Promise.race([
    accepting(child),
    once(child, 'error').then(() => false),
    once(child, 'exit').then(() => false),
  ])
  if (!started) return undefined
  const probe = await RespClient.connect(port)
  await probe.ask('PING')
  probe.close()
  return { port, stop: () => stop(child) }
}

/** Reads the log, which says when connections are accepted. */
async function accepting(child: ChildProcess): Promise<boolean> {
  let text = ''
  for await (const chunk of child.stdout!) {
    text += String(chunk)
    if (text.includes('Ready to accept connections')) {
      child.stdout!.resume()
      return true
    }
  }
  return false
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** A port nobody listens on at this moment: redis-server cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
