import type { OwnedRecord, RecordsReply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { EachOnce } from './each-once.ts'

/** Records go to the places their keys had in the request. */
export class Records extends EachOnce<'records'> {
  readonly #records: (OwnedRecord | undefined)[] = []

  protected fold(step: number, reply: RecordsReply): undefined {
    const places = this.steps[step]!.places!
    reply.records.forEach((record, i) => {
      this.#records[places[i]!] = record
      if (record !== undefined) this.bytes += record.valueEnd - record.valueStart
    })
  }

  finish(positions: readonly Position[]): RecordsReply {
    return { kind: 'records', records: this.#records, positions }
  }
}
