import { once } from 'node:events'
import { connect } from 'node:net'
import { within } from '../process/patience.ts'

const askMs = 10_000

export interface SizedAnswer {
  readonly status: number
  /** Of the body as it was sent: with the framing of a chunked one. */
  readonly bodyBytes: number
  /** Of head and body. */
  readonly bytes: number
}

/** Sends requests one after the other on one connection and measures the answers. */
export async function sizesOfAnswers(port: number, requests: readonly string[]): Promise<readonly SizedAnswer[]> {
  const socket = connect(port, '127.0.0.1')
  const chunks = socket.iterator()
  const answers: SizedAnswer[] = []
  try {
    await within(askMs, 'a connection', once(socket, 'connect'))
    for (const request of requests) {
      socket.write(request, 'latin1')
      answers.push(await within(askMs, 'an answer', readAnswer(chunks)))
    }
    return answers
  } finally {
    socket.destroy()
  }
}

async function readAnswer(chunks: AsyncIterator<Buffer>): Promise<SizedAnswer> {
  let received = Buffer.alloc(0)
  for (;;) {
    const { value, done } = await chunks.next()
    if (done === true) throw new Error('the connection closed before the answer was whole')
    received = Buffer.concat([received, value])
    const answer = measureAnswer(received)
    if (answer !== undefined) return answer
  }
}

const lastChunk = Buffer.from('0\r\n\r\n')

/** Undefined while the answer is not whole; `received` must hold nothing after it. */
export function measureAnswer(received: Buffer): SizedAnswer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const bodyBytes = received.length - end - 4
  const chunked = /^transfer-encoding: *chunked$/im.test(head)
  const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0)
  const whole = chunked ? received.subarray(-lastChunk.length).equals(lastChunk) : bodyBytes >= length
  return whole ? { status: Number(head.slice(9, 12)), bodyBytes, bytes: received.length } : undefined
}
