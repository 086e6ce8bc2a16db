import { type Body, clearExpiry, type GetBody, type PutBody } from '../../operation/body.ts'
import type { Client, Consistency, Operation, Origin, Priority } from '../../operation/operation.ts'
import type { Token } from '../../operation/token.ts'
import { KeyMemory } from '../key-memory.ts'
import type { Command } from './commands/command.ts'
import { type Asked, Resource, type Shape } from './shape.ts'

/** What Redis values are to the other protocols. */
export const redisContentType = 'application/octet-stream'

/**
 * One command under way: the operation that was dispatched for it and how its answer will be written. Its connection
 * uses it again and again, with the bodies and the key memory in it, so that a plain GET or SET allocates nothing but
 * the view of its value. All its fields keep still from dispatch to answer.
 */
export class Exchange implements Operation, Asked {
  body: Body
  client: Client
  readonly origin: Origin
  readonly consistency: Consistency = 'default'
  readonly maxStalenessMs: number
  token: Token | undefined = undefined
  arrivedAt = 0
  deadline = 0
  readonly priority: Priority = 'normal'
  readonly idempotency = undefined
  readonly partial = false
  tag = 0

  command: Command
  shape: Shape
  detail = 0
  extra: unknown = undefined
  /** Whether the answer is still to come. */
  waiting = false
  /** The reply, when it had to wait for the ones before it. */
  held: Buffer | undefined = undefined

  private readonly getBody: ReusableGet = { kind: 'get', key: noBytes, projection: 'value' }
  private readonly putBody: ReusablePut = {
    kind: 'put',
    key: noBytes,
    value: noBytes,
    contentType: redisContentType,
    expiry: clearExpiry,
    lease: 0,
    blind: true,
  }
  private readonly keys = new KeyMemory()

  constructor(origin: Origin, client: Client, maxStalenessMs: number, command: Command, shape: Shape) {
    this.origin = origin
    this.client = client
    this.maxStalenessMs = maxStalenessMs
    this.command = command
    this.shape = shape
    this.body = this.getBody
  }

  /** Makes the body a get of the key at `bytes[start..end)`. */
  get(bytes: Uint8Array, start: number, end: number, projection: 'value' | 'meta'): void {
    this.getBody.key = this.keys.copy(bytes, start, end)
    this.getBody.projection = projection
    this.body = this.getBody
  }

  /** Makes the body a plain SET. */
  put(bytes: Uint8Array, start: number, end: number, value: Uint8Array): void {
    this.putBody.key = this.keys.copy(bytes, start, end)
    this.putBody.value = value
    this.body = this.putBody
  }

  /** Whether it was a plain GET or SET: asked of one shard, in one step. */
  get isPlain(): boolean {
    return this.body === this.getBody || this.body === this.putBody
  }

  /** Lets go of what the command referred to: it may be long until there is another. */
  letGo(): void {
    this.putBody.value = noBytes
    this.body = this.getBody
    this.token = undefined
    if (this.extra === undefined) return
    this.release()
    this.extra = undefined
  }

  /** Gives back what the command took. */
  release(): void {
    if (this.extra instanceof Resource) this.extra.release()
  }

  /** Takes the place of another, which is left as it is. */
  takeOver(other: Exchange): void {
    this.client = other.client
    this.arrivedAt = other.arrivedAt
    this.tag = other.tag
    this.command = other.command
    this.shape = other.shape
    this.detail = other.detail
    this.extra = other.extra
    this.waiting = other.waiting
  }
}

const noBytes = new Uint8Array(0)

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type ReusableGet = Writable<GetBody>
type ReusablePut = Writable<PutBody>
