import type { ScanBody } from '../../../operation/body.ts'
import type { ScanEntry } from '../../../operation/reply.ts'
import { noPositions } from '../evaluate/written.ts'
import type { Answer } from '../pending-replies.ts'
import type { DecodedRecord } from '../record-codec.ts'
import type { RangeCollector } from './range-task.ts'

/** Counted for every entry of a page besides its key and value. */
const entryOverheadBytes = 64

/** One page of a scan: up to `limit` records and `maxBytes` bytes. It looks one record further to know whether there is more. */
export class PageCollector implements RangeCollector {
  readonly steps = 0
  /** Whoever asks for pages bounds them. */
  readonly bytes = 0
  readonly #body: ScanBody
  readonly #entries: ScanEntry[] = []
  #bytes = 0

  constructor(body: ScanBody) {
    this.#body = body
  }

  add(key: Uint8Array, record: DecodedRecord): boolean {
    const size = record.valueEnd - record.valueStart
    const bytes = entryOverheadBytes + key.length + (this.#body.values ? size : 0)
    const full = this.#entries.length === this.#body.limit || this.#bytes + bytes > this.#body.maxBytes
    if (full && this.#entries.length > 0) return false
    this.#bytes += bytes
    this.#entries.push({ key: Buffer.from(key), record: record.copy(this.#body.values), size })
    return true
  }

  finish(complete: boolean): Answer {
    return { kind: 'page', entries: this.#entries, more: !complete, positions: noPositions }
  }
}

export class CountCollector implements RangeCollector {
  readonly steps = 0
  readonly bytes = 0
  #count = 0

  add(): boolean {
    this.#count += 1
    return true
  }

  finish(): Answer {
    return { kind: 'count', count: this.#count, positions: noPositions }
  }
}

/** The first record of the range, without its value. */
export class FirstCollector implements RangeCollector {
  readonly steps = 0
  readonly bytes = 0
  entry: ScanEntry | undefined

  add(key: Uint8Array, record: DecodedRecord): boolean {
    this.entry = { key: Buffer.from(key), record: record.copy(false), size: record.valueEnd - record.valueStart }
    return false
  }

  finish(): Answer {
    return { kind: 'page', entries: [], more: false, positions: noPositions }
  }
}
