import type { Address } from '../../process/node-process.ts'
import { RespConnection, RespError } from '../resp-connection.ts'
import { preloadedKey } from './model.ts'
import { recordValue } from './record-value.ts'

const connections = 4
const depth = 256
const pauseMs = 20

/** Writes the records `p:0` to `p:<count - 1>`; what is shed is sent again. */
export async function preload(resp: Address, count: number, onProgress: (done: number) => void): Promise<void> {
  const shares = Array.from({ length: connections }, async (_, share) => {
    const connection = await RespConnection.open(resp)
    await new Share(connection, share, count, onProgress).run()
    connection.close()
  })
  await Promise.all(shares)
}

class Share {
  private readonly connection: RespConnection
  private readonly count: number
  private readonly onProgress: (done: number) => void
  private next: number
  private readonly again: number[] = []
  private paused = false
  private finish: () => void = () => undefined
  private fail: (error: Error) => void = () => undefined

  constructor(connection: RespConnection, share: number, count: number, onProgress: (done: number) => void) {
    this.connection = connection
    this.count = count
    this.onProgress = onProgress
    this.next = share
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.finish = resolve
      this.fail = reject
      this.fill()
    })
  }

  private fill(): void {
    while (!this.paused && this.connection.unanswered < depth) {
      const index = this.again.pop() ?? this.fresh()
      if (index === undefined) break
      const key = preloadedKey(index)
      const lost = (): void => this.fail(new Error('the connection ended while records were loaded'))
      this.connection.send(['SET', key, recordValue(key, index + 1)], (reply) => this.answered(index, reply), lost)
    }
    if (this.connection.unanswered === 0 && !this.paused) this.finish()
  }

  private fresh(): number | undefined {
    if (this.next >= this.count) return undefined
    this.next += connections
    return this.next - connections
  }

  private answered(index: number, reply: unknown): void {
    if (reply === 'OK') this.onProgress(1)
    else if (reply instanceof RespError && /^(OVERLOADED|TIMEOUT)/.test(reply.message)) {
      this.again.push(index)
      this.pause()
    } else this.fail(new Error(`SET was answered ${JSON.stringify(reply)}`))
    // The reply that is being handed out still counts as unanswered.
    setImmediate(() => this.fill())
  }

  private pause(): void {
    if (this.paused) return
    this.paused = true
    setTimeout(() => {
      this.paused = false
      this.fill()
    }, pauseMs)
  }
}
