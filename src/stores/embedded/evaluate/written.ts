import type { RecordView, Version } from '../../../operation/record.ts'
import type { WriteReply } from '../../../operation/reply.ts'
import type { Position } from '../../../operation/token.ts'

export const noPositions: readonly Position[] = []

/** A write's answer while it waits to be durable; `positions` is filled in when it is handed out. */
export interface Written extends WriteReply {
  positions: readonly Position[]
}

export interface WrittenParts {
  readonly version?: Version
  readonly previous?: RecordView
  readonly integer?: bigint | number
  readonly value?: Uint8Array
}

const noParts: WrittenParts = {}

export function written(status: WriteReply['status'], bucket: number, parts: WrittenParts = noParts): Written {
  return {
    kind: 'written',
    status,
    bucket,
    version: parts.version,
    previous: parts.previous,
    integer: parts.integer,
    value: parts.value,
    replayed: false,
    positions: noPositions,
  }
}
