import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { onChunk, restOf } from '../../../src/ingress/input.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('all bytes arrive once, in order and before the end, and none while the socket is paused', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.nat(40_000) },
    fc.constantFrom('pause' as const, 'resume' as const, 'turn' as const),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const source = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
      const received: Buffer[] = []
      let paused = false
      let ended = false
      onChunk(source, (chunk) => {
        assert.ok(!paused && !ended)
        received.push(Buffer.from(chunk))
      })
      source.on('end', () => {
        ended = true
      })
      const sent: Buffer[] = []
      await nextTurn()
      for (const each of steps) {
        if (typeof each === 'number') {
          const chunk = Buffer.alloc(each + 1, sent.length)
          sent.push(chunk)
          source.push(chunk)
        } else if (each === 'turn') await nextTurn()
        else {
          paused = each === 'pause'
          source[each]()
        }
      }
      paused = false
      source.resume()
      source.push(null)
      if (!ended) await once(source, 'end')
      assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)))
    }),
    { numRuns: 200 },
  )
})

test('a chunk of a connection that reads goes past the buffer of its stream', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = connect(port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  const past: string[] = []
  const late: string[] = []
  const on = socket.on.bind(socket)
  // What `onChunk` gets as an event was in the buffer.
  socket.on = ((name: string, listener: (chunk: Buffer) => void) =>
    on(name, (chunk: Buffer) => {
      late.push(String(chunk))
      listener(chunk)
    })) as typeof socket.on
  let arrived = (): void => {}
  onChunk(socket, (chunk) => {
    past.push(String(chunk))
    arrived()
  })
  const send = async (text: string): Promise<void> => {
    const there = new Promise<void>((resolve) => {
      arrived = resolve
    })
    client.write(text)
    await there
  }
  await send('one')
  await send('two')
  assert.deepEqual([past, late], [['one', 'two'], []])
  socket.pause()
  client.write('three')
  while (socket.readableLength === 0) await nextTurn()
  assert.deepEqual(past, ['one', 'two'])
  socket.resume()
  await nextTurn()
  assert.deepEqual([past, late], [['one', 'two', 'three'], ['three']])
  await send('four')
  assert.deepEqual(late, ['three'])
  client.end()
  await once(socket, 'end')
  socket.destroy()
  server.close()
})

test('what is left unread keeps no large chunk alive', () => {
  const chunk = Buffer.allocUnsafeSlow(65_536)
  assert.equal(restOf(chunk, chunk.length), undefined)
  assert.equal(restOf(chunk, 0), chunk)
  assert.equal(restOf(chunk, 10)?.buffer, chunk.buffer)
  const little = restOf(chunk, 65_000)!
  assert.ok(little.equals(chunk.subarray(65_000)))
  assert.ok(little.buffer.byteLength < chunk.length)
})
