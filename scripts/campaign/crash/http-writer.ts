import type { Random } from '../../../src/runtime/random.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../http-connection.ts'
import { History, type Version, type Violation } from './history.ts'
import type { Model } from './model.ts'
import { recordValue, sequenceOf } from './record-value.ts'

/** A key that is changed only under the condition that it is what this writer last knew it to be. */
interface Chained {
  readonly history: History
  /** Of `history.known`, if that is present. */
  etag: string | undefined
  /** An ETag the key once had. */
  stale: string | undefined
}

/** A write with an Idempotency-Key: it may be sent again until its answer is known, and after. */
interface Once {
  readonly chained: Chained
  readonly version: Version
  readonly request: HttpRequest
  answer: HttpAnswer | undefined
}

const pauseMs = 20
const maxTries = 100

/**
 * Writes one request after another over HTTP: chains of `If-Match`, some with an `Idempotency-Key`. Nobody else writes
 * its keys.
 */
export class HttpWriter {
  private readonly name: string
  private readonly keys: readonly Chained[]
  private readonly model: Model
  private readonly random: Random
  private connection: HttpClient | undefined
  private once: Once | undefined
  acknowledged = 0
  refused = 0
  replayed = 0

  constructor(name: string, keys: number, model: Model, random: Random) {
    this.name = name
    this.model = model
    this.random = random
    this.keys = Array.from({ length: keys }, (_, i) => {
      const history = new History(`h:${name}:${i}`)
      model.histories.set(history.key, history)
      return { history, etag: undefined, stale: undefined }
    })
  }

  /** Writes until the connection ends or `stop` is called. */
  async run(connection: HttpClient): Promise<void> {
    this.connection = connection
    try {
      while (this.connection === connection && connection.open) await this.step(connection)
    } catch (error) {
      if (connection.open) throw error
    }
  }

  stop(): void {
    this.connection = undefined
  }

  /**
   * After a restart, before anything else: sends the last write with an Idempotency-Key again. If it was answered, the
   * answer must be the same and be marked as replayed; if not, it must be done now, once.
   */
  async recover(connection: HttpClient): Promise<void> {
    if (this.once === undefined) return
    await this.repeat(connection, this.once)
    this.once = undefined
  }

  /** Reads every key and compares; also its ETag, which must have survived with the value. */
  async settle(connection: HttpClient): Promise<void> {
    const settled = this.keys.map(async (chained) => {
      const { history, etag } = chained
      const { sequence } = history.known
      const answer = await connection.ask({ method: 'GET', path: pathOf(history) })
      const value = answer.status === 200 ? sequenceOf(history.key, answer.body) : undefined
      this.model.report(history.settle({ present: answer.status === 200, sequence: value }))
      const found = answer.headers.get('etag')
      if (value === sequence && found !== etag) {
        this.report('lost', history, `the value of write ${value} is there, its ETag was ${etag} and is ${found}`)
      }
      chained.etag = answer.status === 200 ? found : undefined
    })
    await Promise.all(settled)
  }

  private async step(connection: HttpClient): Promise<void> {
    const chained = this.keys[this.random.integer(this.keys.length)]!
    const dice = this.random.integer(100)
    if (dice < 50) await this.put(connection, chained)
    else if (dice < 75) await this.putOnce(connection, chained)
    else if (dice < 87) await this.delete(connection, chained)
    else if (dice < 92) await this.writeOverStale(connection, chained)
    else await this.get(connection, chained)
  }

  private async put(connection: HttpClient, chained: Chained): Promise<void> {
    const { version, request } = this.putOf(chained)
    chained.history.send(version)
    this.written(chained, await connection.ask(request), `PUT ${version.sequence}`, [201, 204])
    if (!chained.history.sure) await this.look(connection, chained)
  }

  private async putOnce(connection: HttpClient, chained: Chained): Promise<void> {
    const { version, request } = this.putOf(chained)
    const headers = { ...request.headers, 'Idempotency-Key': `${this.name}-${version.sequence}` }
    const once: Once = { chained, version, request: { ...request, headers }, answer: undefined }
    this.once = once
    chained.history.send(version)
    const answer = await connection.ask(once.request)
    const done = this.written(chained, answer, `PUT ${version.sequence} (once)`, [201, 204])
    if (done) once.answer = answer
    else this.once = undefined
    if (!chained.history.sure) await this.look(connection, chained)
    else if (done && this.random.integer(3) === 0) await this.repeat(connection, once)
  }

  private async delete(connection: HttpClient, chained: Chained): Promise<void> {
    const { history } = chained
    const version = { sequence: this.model.nextSequence(), present: false }
    const headers = chained.etag === undefined ? {} : { 'If-Match': chained.etag }
    const wanted = history.known.present ? 204 : 404
    history.send(version)
    const answer = await connection.ask({ method: 'DELETE', path: pathOf(history), headers })
    this.written(chained, answer, `DELETE ${version.sequence}`, [wanted])
    if (!history.sure) await this.look(connection, chained)
  }

  /** Somebody who missed the last write must not overwrite it. */
  private async writeOverStale(connection: HttpClient, chained: Chained): Promise<void> {
    const { history, stale } = chained
    if (stale === undefined) return
    const body = recordValue(history.key, 0)
    const answer = await connection.ask({ method: 'PUT', path: pathOf(history), headers: { 'If-Match': stale }, body })
    // If one that was left open has been done, its value is found later as one that must not be there.
    if (answer.status === 412 || isShed(answer) || leavesOpen(answer)) return
    this.report('wrong-answer', history, `a PUT over the stale ETag ${stale} was answered ${answer.status}`)
  }

  private async get(connection: HttpClient, { history, etag }: Chained): Promise<void> {
    const answer = await connection.ask({ method: 'GET', path: pathOf(history) })
    if (isShed(answer)) return
    const { sequence, present } = history.known
    const right = present
      ? answer.status === 200 &&
        sequenceOf(history.key, answer.body) === sequence &&
        answer.headers.get('etag') === etag
      : answer.status === 404
    if (!right) this.report('wrong-answer', history, `GET was answered ${answer.status} after write ${sequence}`)
  }

  /** Sends a write with an Idempotency-Key again. */
  private async repeat(connection: HttpClient, once: Once): Promise<void> {
    const { chained, version, request, answer: first } = once
    let answer = await connection.ask(request)
    for (let tries = 1; isShed(answer) && tries < maxTries; tries++) {
      await pause()
      answer = await connection.ask(request)
    }
    if (first === undefined) {
      this.written(chained, answer, `PUT ${version.sequence} (again after a crash)`, [201, 204])
      return
    }
    const marked = answer.headers.get('headgate-replayed') === 'true'
    const same = answer.status === first.status && answer.headers.get('etag') === first.headers.get('etag')
    if (marked && same) this.replayed++
    else {
      const found = `${answer.status}, ${marked ? 'marked' : 'not marked'} as replayed`
      this.report('wrong-answer', chained.history, `the repeat of an answered write was answered ${found}`)
    }
  }

  /** An answer that left open what happened: looks. */
  private async look(connection: HttpClient, chained: Chained): Promise<void> {
    const { history } = chained
    const answer = await connection.ask({ method: 'GET', path: pathOf(history) })
    if (isShed(answer)) return
    const sequence = answer.status === 200 ? sequenceOf(history.key, answer.body) : undefined
    this.model.report(history.settle({ present: answer.status === 200, sequence }))
    chained.etag = answer.status === 200 ? answer.headers.get('etag') : undefined
  }

  private putOf({ history, etag }: Chained): { readonly version: Version; readonly request: HttpRequest } {
    const version = { sequence: this.model.nextSequence(), present: true }
    const headers: Record<string, string> = etag === undefined ? { 'If-None-Match': '*' } : { 'If-Match': etag }
    const body = recordValue(history.key, version.sequence)
    return { version, request: { method: 'PUT', path: pathOf(history), headers, body } }
  }

  /** Tells the history what became of its oldest write; true if it was done. */
  private written(chained: Chained, answer: HttpAnswer, what: string, wanted: readonly number[]): boolean {
    const { history } = chained
    if (wanted.includes(answer.status)) {
      this.acknowledged++
      history.acknowledge()
      chained.stale = chained.etag
      chained.etag = answer.headers.get('etag')
      return true
    }
    if (isShed(answer)) {
      this.refused++
      history.refuse()
      return false
    }
    history.leaveOpen()
    if (leavesOpen(answer)) return false
    this.report('wrong-answer', history, `${what} was answered ${answer.status} ${answer.body.slice(0, 120)}`)
    return false
  }

  private report(kind: Violation['kind'], history: History, detail: string): void {
    this.model.report({ kind, key: history.key, detail })
  }
}

/** Shed, and not done. */
function isShed(answer: HttpAnswer): boolean {
  return [429, 503, 504].includes(answer.status) && !leavesOpen(answer)
}

function leavesOpen({ status, body }: HttpAnswer): boolean {
  return status >= 500 && body.includes('"outcome":"unknown"')
}

function pathOf({ key }: History): string {
  return `/v1/records/${key}`
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pauseMs))
}
