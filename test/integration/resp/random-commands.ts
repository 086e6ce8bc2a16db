import type { Random } from '../../../src/runtime/random.ts'

/** How the replies of two servers to one command are compared. */
export type Comparison =
  /** Byte for byte. */
  | 'exact'
  /** Integers may differ by the time that passed between the two. */
  | 'timed'
  /** The same elements in any order. */
  | 'unordered'
  /** Both nil, or both not. */
  | 'presence'

export interface RandomCommand {
  readonly args: readonly string[]
  readonly compare: Comparison
}

type Argument = () => string
type Template = readonly (Argument | string)[]

const values = [
  '',
  '0',
  '10',
  '-5',
  '3',
  'abc',
  '9223372036854775807',
  '-9223372036854775808',
  '1.5',
  '-0.25',
  ' 1',
  '1 ',
]
const oddValues = ['007', '+1', '1e3', 'nan', 'inf', 'a\r\nb', '\0\xff\x80', 'x'.repeat(300), '9223372036854775808']
const integers = [
  '0',
  '1',
  '-1',
  '5',
  '100',
  '-7',
  '9223372036854775807',
  '-9223372036854775808',
  '4611686018427387904',
]
const oddIntegers = [
  'abc',
  '',
  '1.5',
  '01',
  '-0',
  '+3',
  ' 4',
  '9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999',
]
const floats = ['0', '1', '0.1', '-2.5', '3.25', '100', '1e2', '5e-1', 'abc', '', '1.', '.5', '-', 'inf', 'nan', '1 ']
const keys = ['k1', 'k2', 'k3', 'key', 'Key', 'a:1', 'a:2', '{t}x', '{t}y', '\0\r\n\xff']
const patterns = [
  '*',
  'k*',
  'k?',
  '[ka]*',
  '[^k]*',
  'a:[0-9]',
  '\\k1',
  'k[1-2',
  'K*',
  '',
  '*1',
  'a:*',
  '?',
  '{t}*',
  '*k*y*',
  '[z-a]*',
]
const junk = ['foo', 'NX', 'xx', 'GET', 'EX', 'PX', '12', 'KEEPTTL', 'get\0x', 'abc def']

/** Makes commands, right and wrong, for a server with an empty database. Repeatable from its source of randomness. */
export class CommandMaker {
  readonly #random: Random
  #times = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** One command that may stand anywhere. */
  plain(): RandomCommand {
    return this.#mutated(this.#from([...this.#points(), ...this.#connection()]))
  }

  /** One command that may not stand in a transaction. */
  wide(): RandomCommand {
    const pick = this.#random.integer(4)
    if (pick === 0) return { args: ['KEYS', this.#of(patterns)], compare: 'unordered' }
    if (pick === 1) return { args: ['DBSIZE'], compare: 'exact' }
    if (pick === 2) return { args: ['RANDOMKEY'], compare: 'presence' }
    return this.#mutated(['SCAN', this.#of(['0', 'x', '', '-']), 'COUNT', this.#of(['0', '-1', 'x'])])
  }

  /** WATCH (perhaps), MULTI, commands, EXEC or DISCARD, and one DISCARD more so that no transaction is left open. */
  transaction(): RandomCommand[] {
    const commands: RandomCommand[] = []
    if (this.#random.integer(2) === 0) {
      commands.push(exact('WATCH', ...this.#some(keys)))
      if (this.#random.integer(2) === 0) commands.push(this.#mutated(this.#from(this.#points())))
      if (this.#random.integer(4) === 0) commands.push(exact('UNWATCH'))
    }
    commands.push(exact('MULTI'))
    const count = this.#random.integer(5)
    let timed = false
    for (let i = 0; i < count; i++) {
      const one = this.#random.integer(12) === 0 ? exact(this.#of(['MULTI', 'WATCH', 'UNWATCH'])) : this.#queueable()
      timed ||= one.compare === 'timed'
      commands.push({ ...one, compare: 'exact' })
    }
    const end = this.#random.integer(8) === 0 ? ['DISCARD'] : this.#random.integer(16) === 0 ? ['EXEC', 'x'] : ['EXEC']
    commands.push({ args: end, compare: timed ? 'timed' : 'exact' }, exact('DISCARD'))
    return commands
  }

  #queueable(): RandomCommand {
    for (;;) {
      const command = this.#mutated(this.#from([...this.#points(), ...this.#connection()]))
      const name = command.args[0]!.toUpperCase()
      // Documented: MSETNX of several keys cannot be queued. RESET ends the transaction, which `transaction` does.
      if (name !== 'RESET' && !(name === 'MSETNX' && command.args.length > 3)) return command
    }
  }

  #points(): Template[] {
    const key = (): string => this.#of(keys)
    const value = (): string => this.#of(this.#random.integer(3) === 0 ? oddValues : values)
    const integer = (): string => this.#of(this.#random.integer(3) === 0 ? oddIntegers : integers)
    const float = (): string => this.#of(floats)
    const seconds = (): string => this.#seconds()
    const only = (): string => this.#of(['NX', 'xx', 'GT', 'lt', 'foo'])
    const index = (): string => this.#of(['0', '1', '-1', '2', '5', '-3', '-400', '1000', '9223372036854775807', 'x'])
    const offset = (): string => this.#of(['0', '1', '3', '10', '300', '-1', 'x', '1073741824'])
    return [
      ['GET', key],
      ['GET', key],
      ['SET', key, value],
      ['SET', key, value],
      ['SET', key, value, () => this.#of(['NX', 'xx', 'GET', 'KEEPTTL', 'nX'])],
      ['SET', key, value, () => this.#of(['NX', 'XX', 'GET']), () => this.#of(['GET', 'get', 'NX', 'XX', 'keepttl'])],
      ['SET', key, value, () => this.#of(['EX', 'px', 'Ex']), seconds],
      ['SET', key, value, 'EX', integer],
      ['SET', key, value, 'PX', seconds, () => this.#of(['NX', 'XX', 'GET', 'KEEPTTL', 'EX'])],
      ['SETNX', key, value],
      ['SETEX', key, seconds, value],
      ['SETEX', key, () => this.#of(['0', '-1', 'x', '9223372036854775807']), value],
      ['PSETEX', key, seconds, value],
      ['GETSET', key, value],
      ['GETDEL', key],
      ['GETEX', key],
      ['GETEX', key, () => this.#of(['PERSIST', 'persist', 'EX'])],
      ['GETEX', key, () => this.#of(['EX', 'PX']), seconds],
      ['GETEX', key, 'EX', () => this.#of(['0', '-1', 'x'])],
      ['APPEND', key, value],
      ['STRLEN', key],
      ['GETRANGE', key, index, index],
      ['SETRANGE', key, offset, value],
      ['INCR', key],
      ['DECR', key],
      ['INCRBY', key, integer],
      ['DECRBY', key, integer],
      ['INCRBYFLOAT', key, float],
      ['MGET', key, key, key],
      ['MSET', key, value, key, value],
      ['MSETNX', key, value, key, value],
      ['MSETNX', key, value],
      ['DEL', key],
      ['DEL', key, key, key],
      ['UNLINK', key, key],
      ['EXISTS', key],
      ['EXISTS', key, key, key],
      ['TOUCH', key, key],
      ['TYPE', key],
      ['EXPIRE', key, seconds],
      ['PEXPIRE', key, seconds],
      ['EXPIRE', key, seconds, only],
      ['EXPIRE', key, seconds, only, only],
      ['EXPIRE', key, () => this.#of(['0', '-1', '-100', 'x', '9223372036854775807', '-9223372036854775808'])],
      ['EXPIREAT', key, () => this.#of(['1', '0', '-5', '4000000000', 'x'])],
      ['PEXPIREAT', key, () => this.#of(['1', '4000000000123', 'x']), only],
      ['PERSIST', key],
      ['TTL', key],
      ['PTTL', key],
      ['EXPIRETIME', key],
      ['PEXPIRETIME', key],
    ]
  }

  #connection(): Template[] {
    const text = (): string => this.#of([...values, ...oddValues])
    return [
      ['PING'],
      ['PING', text],
      ['ECHO', text],
      ['SELECT', () => this.#of(['0', '1', 'x', '-1', '99999999999'])],
      ['CLIENT', 'SETNAME', () => this.#of(['me', '', 'a b', 'x\n'])],
      ['CLIENT', 'GETNAME'],
      ['CLIENT', () => this.#of(['FOO', 'foo\nbar'])],
      ['CONFIG', () => this.#of(['FOO', 'bar'])],
      ['AUTH', () => this.#of(['x', ''])],
      ['AUTH', () => this.#of(['default', 'nobody']), 'x'],
      ['AUTH', 'a', 'b', 'c'],
      ['COMMAND', 'GETKEYS', () => this.#of(['GET', 'MSET', 'nope', 'PING', 'EXISTS', 'SET']), 'a', 'b'],
      ['RESET'],
      [() => this.#of(['NOPE', '', 'n'.repeat(200), 'a\r\nb', 'ge\0t'])],
      ['NOPE', text, text, () => 'y'.repeat(150), text],
    ]
  }

  /** A different number each time, so that GT and LT never depend on the millisecond. */
  #seconds(): string {
    this.#times++
    return String(100_000 + ((this.#times * 7919) % 10_007) * 1000)
  }

  #from(templates: readonly Template[]): string[] {
    const template = templates[this.#random.integer(templates.length)]!
    return template.map((part) => (typeof part === 'string' ? part : part()))
  }

  /** Leaves most commands alone; takes an argument from some, adds one to others, changes the case of the name. */
  #mutated(args: string[]): RandomCommand {
    const mutation = this.#random.integer(12)
    let changed = args
    if (mutation === 0 && args.length > 1) changed = args.slice(0, -1)
    else if (mutation === 1) changed = [...args, this.#of(junk)]
    else if (mutation === 2) changed = [args[0]!.toLowerCase(), ...args.slice(1)]
    const timed = /^(P?TTL|P?EXPIRETIME)$/i.test(changed[0]!)
    return { args: changed, compare: timed ? 'timed' : 'exact' }
  }

  #some(of: readonly string[]): string[] {
    return Array.from({ length: 1 + this.#random.integer(2) }, () => this.#of(of))
  }

  #of(choices: readonly string[]): string {
    return choices[this.#random.integer(choices.length)]!
  }
}

function exact(...args: readonly string[]): RandomCommand {
  return { args, compare: 'exact' }
}

/** Every key the commands can name, to begin with none of them. */
export const allKeys: readonly string[] = [...keys, ...junk]
