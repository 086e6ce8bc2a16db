import type { CommandRow } from './command.ts'
import * as expiry from './expiry.ts'
import * as keys from './keys.ts'
import * as scan from './scan.ts'
import * as transactions from './transactions.ts'

const one = [1, 1, 1] as const
const every = [1, -1, 1] as const

const look = { kind: 'point', group: 'generic', flags: 'readonly fast', keys: every, access: 'RO' } as const
const remove = { kind: 'point', group: 'generic', keys: every, access: 'RM delete' } as const
const expire = { kind: 'point', group: 'generic', flags: 'write fast', keys: one, access: 'RW update' } as const
const left = { kind: 'point', group: 'generic', flags: 'readonly fast', keys: one, access: 'RO access' } as const
const walk = { kind: 'wide', group: 'generic', flags: 'readonly' } as const
const control = { kind: 'control', group: 'transactions', flags: 'noscript loading stale fast allow_busy' } as const

/** Commands on keys of any type, and transactions. The facts are those COMMAND of Redis 7.0.15 reports. */
export const genericTable = {
  del: { ...remove, arity: -2, flags: 'write', since: '1.0.0', run: keys.del, summary: 'Deletes keys' },
  unlink: { ...remove, arity: -2, flags: 'write fast', since: '4.0.0', run: keys.del, summary: 'Deletes keys' },
  exists: { ...look, arity: -2, since: '1.0.0', run: keys.exists, summary: 'Counts the keys that exist' },
  touch: { ...look, arity: -2, since: '3.2.1', run: keys.exists, summary: 'Counts the keys that exist' },
  type: { ...look, arity: 2, keys: one, since: '1.0.0', run: keys.type, summary: 'Answers string or none' },
  expire: { ...expire, arity: -3, since: '1.0.0', run: expiry.expire, summary: 'Lets a key expire in seconds' },
  pexpire: { ...expire, arity: -3, since: '2.6.0', run: expiry.pexpire, summary: 'Lets a key expire in milliseconds' },
  expireat: { ...expire, arity: -3, since: '1.2.0', run: expiry.expireat, summary: 'Lets a key expire at a second' },
  pexpireat: {
    ...expire,
    arity: -3,
    since: '2.6.0',
    run: expiry.pexpireat,
    summary: 'Lets a key expire at a millisecond',
  },
  ttl: { ...left, arity: 2, since: '1.0.0', run: expiry.ttl, summary: 'Answers the seconds left to a key' },
  pttl: { ...left, arity: 2, since: '2.6.0', run: expiry.pttl, summary: 'Answers the milliseconds left to a key' },
  expiretime: { ...left, arity: 2, since: '7.0.0', run: expiry.expiretime, summary: 'Answers when a key expires' },
  pexpiretime: {
    ...left,
    arity: 2,
    since: '7.0.0',
    run: expiry.pexpiretime,
    summary: 'Answers the millisecond at which a key expires',
  },
  persist: { ...expire, arity: 2, since: '2.2.0', run: expiry.persist, summary: 'Takes the expiry from a key' },
  keys: { ...walk, arity: 2, dangerous: true, since: '1.0.0', run: scan.keys, summary: 'Lists the keys that match' },
  scan: { ...walk, arity: -2, since: '2.8.0', run: scan.scan, summary: 'Lists keys step by step' },
  randomkey: { ...walk, arity: 1, since: '1.0.0', run: scan.randomkey, summary: 'Answers any key' },
  dbsize: {
    ...walk,
    arity: 1,
    group: 'server',
    flags: 'readonly fast',
    since: '1.0.0',
    run: scan.dbsize,
    summary: 'Answers the number of keys',
  },
  multi: { ...control, arity: 1, since: '1.2.0', run: transactions.multi, summary: 'Begins a transaction' },
  exec: {
    ...control,
    arity: 1,
    flags: 'noscript loading stale skip_slowlog',
    writes: true,
    since: '1.2.0',
    run: transactions.exec,
    summary: 'Executes the queued commands as one',
  },
  discard: { ...control, arity: 1, since: '2.0.0', run: transactions.discard, summary: 'Drops the queued commands' },
  watch: {
    ...control,
    arity: -2,
    keys: every,
    access: 'RO',
    exclusive: true,
    settled: true,
    since: '2.2.0',
    run: transactions.watch,
    summary: 'Lets EXEC do nothing if keys change before it',
  },
  unwatch: { ...control, kind: 'local', arity: 1, since: '2.2.0', run: transactions.unwatch, summary: 'Drops watches' },
} as const satisfies Record<string, CommandRow>
