import type { Random } from '../runtime/random.ts'
import { type KeyChooser, uniformKeys, zipfKeys } from './key-chooser.ts'
import type { LoadSettings } from './load-settings.ts'
import type { Wire } from './wire.ts'

type MixSettings = Pick<
  LoadSettings,
  'keys' | 'keyPrefix' | 'distribution' | 'zipfExponent' | 'writePercent' | 'valueBytes'
>

const printable = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** Values start at one of this many places of one random text, so that they differ without being made anew. */
const offsets = 1024

/** Draws requests: read or write, which key, which value. */
export class Workload {
  private readonly settings: MixSettings
  private readonly wire: Wire
  private readonly random: Random
  private readonly choose: KeyChooser
  private readonly digits: number
  private readonly text: string

  constructor(settings: MixSettings, wire: Wire, random: Random) {
    this.settings = settings
    this.wire = wire
    this.random = random
    const { keys, distribution, zipfExponent } = settings
    this.choose = distribution === 'zipf' ? zipfKeys(keys, zipfExponent, random) : uniformKeys(keys, random)
    this.digits = String(keys - 1).length
    this.text = randomText(settings.valueBytes + offsets, random)
  }

  /** The next request's bytes. */
  next(): string {
    const key = this.key(this.choose())
    const { writePercent } = this.settings
    const writes = writePercent > 0 && this.random.integer(100_000) < writePercent * 1000
    return writes ? this.wire.write(key, this.value()) : this.wire.read(key)
  }

  /** A write of key number `index`, for loading the key space. */
  writeOf(index: number): string {
    return this.wire.write(this.key(index), this.value())
  }

  private key(index: number): string {
    return this.settings.keyPrefix + String(index).padStart(this.digits, '0')
  }

  private value(): string {
    const from = this.random.integer(offsets)
    return this.text.slice(from, from + this.settings.valueBytes)
  }
}

function randomText(length: number, random: Random): string {
  const bytes = random.bytes(length)
  for (let i = 0; i < length; i++) bytes[i] = printable.charCodeAt(bytes[i]! % printable.length)
  return bytes.latin1Slice()
}
