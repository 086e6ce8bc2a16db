import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { Clock } from '../runtime/clock.ts'

export interface ConnectionLimitSettings {
  /** Open connections in the whole process. */
  readonly maxConnections: number
  /** Open connections of one address (IPv6: of one /64). */
  readonly maxConnectionsPerIp: number
  /** Addresses (`192.0.2.7`, `2001:db8::/32`) that per-address limits do not apply to. Loopback only if it is listed. */
  readonly trustedAddresses: readonly string[]
  /** New connections of one address each second, in the long run. Default 200. */
  readonly connectionRatePerIp?: number
  /** New connections of one address at once. Default 1,000. */
  readonly connectionBurstPerIp?: number
}

/** Why a connection is refused: too many in all, too many of this address, or too many new ones of this address. */
export type ConnectionRefusal = 'total' | 'per-address' | 'rate'

/** Addresses whose rate is remembered in each of two generations; older ones are forgotten first. */
const rememberedAddresses = 50_000

/**
 * Who may connect. One instance serves all data listeners of the process, so that its numbers mean the process.
 * The rate is GCRA (ITU-T I.371, virtual scheduling): one timestamp for each address, kept in two generations so that
 * memory is bounded whatever addresses come.
 */
export class ConnectionLimits {
  private readonly settings: ConnectionLimitSettings
  private readonly clock: Clock
  private readonly trusted: BlockList
  private readonly openByAddress = new Map<string, number>()
  private readonly intervalMs: number
  private readonly toleranceMs: number
  private recent = new Map<string, number>()
  private older = new Map<string, number>()
  private openTotal = 0

  /** Throws a `TypeError` if a trusted address is none. */
  constructor(settings: ConnectionLimitSettings, clock: Clock) {
    this.settings = settings
    this.clock = clock
    this.trusted = blockListOf(settings.trustedAddresses)
    this.intervalMs = 1000 / (settings.connectionRatePerIp ?? 200)
    this.toleranceMs = this.intervalMs * ((settings.connectionBurstPerIp ?? 1000) - 1)
  }

  /** Connections open now. */
  get open(): number {
    return this.openTotal
  }

  /** Counts a new connection in, or says why not. What was let in is given back once with `release`. */
  admit(address: string): ConnectionRefusal | undefined {
    if (this.openTotal >= this.settings.maxConnections) return 'total'
    if (!this.isTrusted(address)) {
      const key = addressKey(address)
      const open = this.openByAddress.get(key) ?? 0
      if (open >= this.settings.maxConnectionsPerIp) return 'per-address'
      if (!this.conforms(key)) return 'rate'
      this.openByAddress.set(key, open + 1)
    }
    this.openTotal++
    return undefined
  }

  release(address: string): void {
    this.openTotal--
    if (this.isTrusted(address)) return
    const key = addressKey(address)
    const open = this.openByAddress.get(key) ?? 0
    if (open > 1) this.openByAddress.set(key, open - 1)
    else this.openByAddress.delete(key)
  }

  private isTrusted(address: string): boolean {
    if (this.settings.trustedAddresses.length === 0) return false
    const plain = unmapped(address)
    return this.trusted.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }

  private conforms(key: string): boolean {
    const now = this.clock.now()
    const due = Math.max(now, this.recent.get(key) ?? this.older.get(key) ?? now)
    if (due - now > this.toleranceMs) return false
    if (this.recent.size >= rememberedAddresses) {
      this.older = this.recent
      this.recent = new Map()
    }
    this.recent.set(key, due + this.intervalMs)
    return true
  }
}

/** What counts as one address: IPv4 as it is (also when mapped into IPv6), IPv6 by its first 64 bits. */
export function addressKey(address: string): string {
  const plain = unmapped(address)
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::')
  const front = head === '' ? [] : head.split(':')
  if (tail === undefined) return `${front.slice(0, 4).map(canonicalGroup).join(':')}/64`
  const back = tail === '' ? [] : tail.split(':')
  const width = 8 - (tail.includes('.') ? 1 : 0)
  const groups = [...front, ...Array<string>(Math.max(0, width - front.length - back.length)).fill('0'), ...back]
  return `${groups.slice(0, 4).map(canonicalGroup).join(':')}/64`
}

function canonicalGroup(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/, '')
}

function unmapped(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address
}

function blockListOf(addresses: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of addresses) {
    const [address = '', bits] = entry.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (family === 'ipv6' && !isIPv6(address)) throw new TypeError(`not an address: ${entry}`)
    if (bits === undefined) list.addAddress(address, family)
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv4' ? 32 : 128)) {
      list.addSubnet(address, Number(bits), family)
    } else throw new TypeError(`not an address range: ${entry}`)
  }
  return list
}
