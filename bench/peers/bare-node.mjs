// What a server on node:net costs that does nothing: it counts the blank lines that end heads, and answers each with the
// same bytes, in one write for each read. It checks nothing and looks nothing up, so it is no HTTP server.
import { createServer } from 'node:net'

const answer = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 128\r\n\r\n${'x'.repeat(128)}`)

createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => {
    let heads = 0
    for (let at = bytes.indexOf('\r\n\r\n'); at >= 0; at = bytes.indexOf('\r\n\r\n', at + 4)) heads += 1
    if (heads > 0) socket.write(heads === 1 ? answer : Buffer.concat(new Array(heads).fill(answer)))
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
