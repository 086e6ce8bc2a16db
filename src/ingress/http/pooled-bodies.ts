import {
  type Body,
  clearExpiry,
  type DeleteBody,
  type Expiry,
  type GetBody,
  type PutBody,
} from '../../operation/body.ts'
import { KeyMemory } from '../key-memory.ts'

const noBytes = Buffer.alloc(0)

/**
 * Bodies of the frequent operations, used again and again. What they refer to is let go after each; the memory of the key
 * stays, so whoever may read a body after the answer is not to see it used again (`Exchange.isLent`).
 */
export class PooledGet implements GetBody {
  readonly kind = 'get'
  key: Uint8Array = noBytes
  projection: 'value' | 'meta' = 'value'
  readonly keys = new KeyMemory()
}

export class PooledPut implements PutBody {
  readonly kind = 'put'
  key: Uint8Array = noBytes
  value: Uint8Array = noBytes
  contentType = ''
  expiry: Expiry = clearExpiry
  lease = 0
}

export class PooledDelete implements DeleteBody {
  readonly kind = 'delete'
  key: Uint8Array = noBytes
}

/** One of each, for one request at a time. */
export class PooledBodies {
  readonly get = new PooledGet()
  private ownPut: PooledPut | undefined
  private ownDelete: PooledDelete | undefined

  get put(): PooledPut {
    this.ownPut ??= new PooledPut()
    return this.ownPut
  }

  get delete(): PooledDelete {
    this.ownDelete ??= new PooledDelete()
    return this.ownDelete
  }

  /** Whether it is one of these, and is asked of one shard in one step. */
  isOneStep(body: Body): boolean {
    if (body === this.ownPut) return this.ownPut.lease === 0
    return body === this.get || body === this.ownDelete
  }

  clear(): void {
    this.get.key = noBytes
    if (this.ownPut !== undefined) {
      this.ownPut.key = noBytes
      this.ownPut.value = noBytes
    }
    if (this.ownDelete !== undefined) this.ownDelete.key = noBytes
  }
}
