import type { CommandRow } from './command.ts'
import * as keys from './keys.ts'
import * as strings from './strings.ts'

const one = [1, 1, 1] as const
const every = [1, -1, 1] as const
const pairs = [1, -1, 2] as const

const read = { kind: 'point', group: 'string', flags: 'readonly fast', keys: one, access: 'RO access' } as const
const change = {
  kind: 'point',
  group: 'string',
  flags: 'write denyoom fast',
  keys: one,
  access: 'RW access update',
} as const
const write = { kind: 'point', group: 'string', flags: 'write denyoom', keys: one, access: 'OW update' } as const

/** The string commands. The facts are those COMMAND of Redis 7.0.15 reports. */
export const stringTable = {
  get: { ...read, arity: 2, since: '1.0.0', run: strings.get, summary: 'Answers the value of a key' },
  set: {
    ...write,
    arity: -3,
    access: 'RW access update variable_flags',
    since: '1.0.0',
    run: strings.set,
    summary: 'Sets a key to a value, under a condition and with an expiry if wanted',
  },
  setnx: {
    ...write,
    arity: 3,
    flags: 'write denyoom fast',
    access: 'OW insert',
    since: '1.0.0',
    run: strings.setnx,
    summary: 'Sets a key that does not exist',
  },
  setex: { ...write, arity: 4, since: '2.0.0', run: strings.setex, summary: 'Sets a key for some seconds' },
  psetex: { ...write, arity: 4, since: '2.6.0', run: strings.psetex, summary: 'Sets a key for some milliseconds' },
  getset: { ...change, arity: 3, since: '1.0.0', run: strings.getset, summary: 'Sets a key, answers what it was' },
  getdel: {
    ...change,
    arity: 2,
    flags: 'write fast',
    access: 'RW access delete',
    since: '6.2.0',
    run: strings.getdel,
    summary: 'Answers the value of a key and deletes it',
  },
  getex: {
    ...change,
    arity: -2,
    flags: 'write fast',
    since: '6.2.0',
    run: strings.getex,
    summary: 'Answers the value of a key and changes its expiry',
  },
  mget: { ...read, arity: -2, keys: every, since: '1.0.0', run: keys.mget, summary: 'Answers the values of keys' },
  mset: { ...write, arity: -3, keys: pairs, since: '1.0.1', run: keys.mset, summary: 'Sets keys to values' },
  msetnx: {
    ...write,
    arity: -3,
    keys: pairs,
    access: 'OW insert',
    since: '1.0.1',
    run: keys.msetnx,
    queue: keys.msetnxQueueFault,
    summary: 'Sets keys to values if none of them exists',
  },
  append: {
    ...change,
    arity: 3,
    access: 'RW insert',
    since: '2.0.0',
    run: strings.append,
    summary: 'Appends to a value',
  },
  strlen: {
    ...read,
    arity: 2,
    access: 'RO',
    since: '2.2.0',
    run: strings.strlen,
    summary: 'Answers the length of a value',
  },
  getrange: {
    ...read,
    arity: 4,
    flags: 'readonly',
    since: '2.4.0',
    run: strings.getrange,
    summary: 'Answers a part of a value',
  },
  setrange: {
    ...write,
    arity: 4,
    access: 'RW update',
    since: '2.2.0',
    run: strings.setrange,
    summary: 'Overwrites a part of a value',
  },
  incr: { ...change, arity: 2, since: '1.0.0', run: strings.incr, summary: 'Adds 1 to an integer' },
  decr: { ...change, arity: 2, since: '1.0.0', run: strings.decr, summary: 'Subtracts 1 from an integer' },
  incrby: { ...change, arity: 3, since: '1.0.0', run: strings.incrby, summary: 'Adds to an integer' },
  decrby: { ...change, arity: 3, since: '1.0.0', run: strings.decrby, summary: 'Subtracts from an integer' },
  incrbyfloat: { ...change, arity: 3, since: '2.6.0', run: strings.incrbyfloat, summary: 'Adds to a decimal number' },
} as const satisfies Record<string, CommandRow>
