import { createHmac } from 'node:crypto'
import type { Random } from '../runtime/random.ts'
import { bucketCount, bucketOf } from './bucket.ts'

const unpredictableBytes = 16

/**
 * Keys for records that are created without one: `{<bucket>.<n>}<22 random characters>`. The bucket is chosen at
 * random (the pattern's way to spread records), and the tag hashes to it, so that the key alone finds the record again.
 */
export class KeylessIds {
  private readonly random: Random
  private readonly secret: Uint8Array
  /** By bucket; filled as buckets are drawn. */
  private readonly tags: (string | undefined)[] = new Array(bucketCount + 1)

  /** `secret`: the same on all gateways, so that a repeated request gets the same key from each. */
  constructor(random: Random, secret: Uint8Array) {
    this.random = random
    this.secret = secret
  }

  /** A new key in a random bucket. */
  create(): Buffer {
    return this.key(1 + this.random.integer(bucketCount), this.random.bytes(unpredictableBytes))
  }

  /**
   * The key of a request that may be repeated: always the same for one idempotency scope (client, path and key), so
   * that the repeat meets the stored outcome in the shard where the first one left it.
   */
  createFor(scope: Uint8Array): Buffer {
    const digest = createHmac('sha256', this.secret).update('headgate keyless 1').update(scope).digest()
    const bucket = 1 + (digest.readUInt32BE(0) % bucketCount)
    return this.key(bucket, digest.subarray(4, 4 + unpredictableBytes))
  }

  private key(bucket: number, rest: Buffer): Buffer {
    const tag = this.tags[bucket] ?? findTag(bucket)
    this.tags[bucket] = tag
    return Buffer.from(`{${tag}}${rest.toString('base64url')}`)
  }
}

/** The first of `<bucket>.0`, `<bucket>.1`, ... (in base 36) that hashes to the bucket: about 1,000 tries. */
function findTag(bucket: number): string {
  for (let n = 0; ; n++) {
    const tag = `${bucket}.${n.toString(36)}`
    if (bucketOf(Buffer.from(tag)) === bucket) return tag
  }
}
