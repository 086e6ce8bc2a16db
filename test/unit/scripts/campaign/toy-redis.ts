import { type RespClient, RespError, type RespReply } from '../../../../scripts/campaign/resp-connection.ts'

type Command = { readonly args: readonly string[]; readonly onReply: (reply: RespReply) => void }

/** Answers a command in the place of the store; undefined: as the store would. */
export type Lie = (args: readonly string[], store: ToyRedis) => RespReply | undefined

/** Records in a map, with the commands the crash campaign sends. */
export class ToyRedis {
  readonly records = new Map<string, string>()
  /** What a key held before its last write. */
  readonly before = new Map<string, string>()

  run([name = '', ...args]: readonly string[]): RespReply {
    const [key = ''] = args
    if (name === 'GET') return this.records.get(key) ?? null
    if (name === 'DBSIZE') return this.records.size
    if (name === 'DEL') return this.records.delete(key) ? 1 : 0
    if (name === 'INCR') {
      const value = Number(this.records.get(key) ?? 0) + 1
      this.set(key, String(value))
      return value
    }
    if (name !== 'SET' && name !== 'MSET') return new RespError(`ERR unknown command '${name}'`)
    for (let i = 0; i < args.length; i += 2) this.set(args[i]!, args[i + 1]!)
    return 'OK'
  }

  set(key: string, value: string): void {
    const old = this.records.get(key)
    if (old !== undefined) this.before.set(key, old)
    this.records.set(key, value)
  }
}

/** One connection to a toy store: commands wait until `pump` lets the store take them. */
export class ToyRespClient implements RespClient {
  open = true
  private readonly waiting: Command[] = []
  private queued: string[][] | undefined
  private readonly store: ToyRedis
  private readonly lie: Lie

  constructor(store: ToyRedis, lie: Lie = () => undefined) {
    this.store = store
    this.lie = lie
  }

  get unanswered(): number {
    return this.waiting.length
  }

  send(args: readonly string[], onReply: (reply: RespReply) => void): void {
    this.waiting.push({ args, onReply })
  }

  ask(...args: readonly string[]): Promise<RespReply> {
    return Promise.resolve(this.take(args))
  }

  /** Lets the store take and answer one command; false if none waits. */
  pump(): boolean {
    const command = this.waiting.shift()
    command?.onReply(this.take(command.args))
    return command !== undefined
  }

  /** The store takes so many commands more, but the connection ends before their answers and all after. */
  cut(commands: number): void {
    this.open = false
    for (const { args } of this.waiting.splice(0).slice(0, commands)) this.take(args)
  }

  private take(args: readonly string[]): RespReply {
    const [name] = args
    if (name === 'MULTI') {
      this.queued = []
      return 'OK'
    }
    if (this.queued !== undefined && name !== 'EXEC') {
      this.queued.push([...args])
      return 'QUEUED'
    }
    const lied = this.lie(name === 'EXEC' ? ['EXEC', ...this.queued!.flat()] : args, this.store)
    const queued = this.queued
    this.queued = undefined
    if (lied !== undefined) return lied
    return name === 'EXEC' ? queued!.map((each) => this.store.run(each)) : this.store.run(args)
  }
}
