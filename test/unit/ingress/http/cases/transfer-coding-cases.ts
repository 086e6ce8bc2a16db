import { accept, type Case, chunks, closes, hosted, partial, reject } from './case.ts'

const chunked = 'Transfer-Encoding: chunked'
const world = '5\r\nWorld\r\n0\r\n\r\n'
const search = 'POST /world?q=search HTTP/1.1'

function put(body: string): string {
  return hosted('PUT /url HTTP/1.1', [chunked], body)
}

/** After `transfer-encoding.md` of llhttp's request tests. */
export const transferCodingCases: readonly Case[] = [
  partial('chunked, no chunk yet', put('')),
  accept('a size in small letters', put('a\r\n0123456789\r\n0\r\n\r\n')),
  accept('a size in capitals', put('A\r\n0123456789\r\n0\r\n\r\n')),
  accept('a size of two digits', hosted('POST /base HTTP/1.1', [chunked], chunks('all your base are belong to us'))),
  accept('several zeros at the end', put('5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n')),
  accept('trailers', put('5\r\nhello\r\n6\r\n world\r\n0\r\nVary: *\r\nContent-Type: text/plain\r\n\r\n')),
  accept('extensions', put('5;one;two=three;four=five\r\nhello\r\n6;blah;blah\r\n world\r\n0\r\n\r\n')),
  reject('an extension without its semicolon', 400, put('2 erfrferferf\r\naa\r\n0 rrrr\r\n\r\n')),
  reject('a semicolon without its extension', 400, put('2;\r\naa\r\n0\r\n\r\n')),
  accept(
    'quoted extensions',
    put('5;a="I \\"love\\"; \\\\ext\\\\";b="c";d;e=f\r\nhello\r\n6;g;h\r\n world\r\n0\r\n\r\n'),
  ),
  reject('a quotation without end', 400, put('5;a="abc";b="def; ghi\r\nhello\r\n6;c;d\r\n world\r\n0\r\n\r\n')),
  reject('a coding nobody knows', 501, hosted('PUT /url HTTP/1.1', ['Transfer-Encoding: pigeons'])),
  reject('identity and a length', 400, hosted(search, ['Transfer-Encoding: identity', 'Content-Length: 5'], 'World')),
  reject(
    'identity and a length (lenient there)',
    400,
    hosted(search, ['Transfer-Encoding: identity', 'Content-Length: 1'], 'World'),
  ),
  reject(
    'a length and three empty codings',
    400,
    hosted(
      'POST / HTTP/1.1',
      ['Content-Length: 10', ...Array<string>(3).fill('Transfer-Encoding:')],
      '2\r\nAA\r\n0\r\n',
    ),
  ),
  reject('chunked is not the last coding', 501, hosted(search, ['Transfer-Encoding: chunked, deflate'], 'World')),
  reject(
    'chunked and, in a line of its own, deflate',
    400,
    hosted(search, [chunked, 'Transfer-Encoding: deflate'], 'World'),
  ),
  reject(
    'chunked is not the last coding (lenient there)',
    501,
    hosted(search, ['Transfer-Encoding: chunked, gzip'], 'World'),
  ),
  reject(
    'chunked and, in a line of its own, gzip (lenient there)',
    400,
    hosted(search, [chunked, 'Transfer-Encoding: gzip'], 'World'),
  ),
  reject(
    'deflate inside chunked is well-formed, but not understood',
    501,
    hosted(search, ['Transfer-Encoding: deflate, chunked'], world),
  ),
  reject(
    'deflate and, in a line of its own, chunked',
    400,
    hosted(search, ['Transfer-Encoding: deflate', chunked], world),
  ),
  reject('a word that only begins as chunked does', 501, hosted(search, ['Transfer-Encoding: chunkedchunked'], world)),
  reject('no last chunk', 400, put('3\r\nfoo\r\n\r\n')),
  reject('spaces and line ends about the size', 400, put('3 \n  \r\nfoo')),
  reject('a folded coding (lenient there)', 400, hosted('PUT /url HTTP/1.1', [chunked, '  abc'], world)),
  reject(
    'a size ended by CR twice',
    400,
    hosted('GET / HTTP/1.1', ['Connection: close ', `${chunked} `], '5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n'),
  ),
  reject(
    'a size ended by CR twice (lenient there)',
    400,
    hosted('GET / HTTP/1.1', ['Connection: close ', `${chunked} `], '6\r\r;ABCD\r\n33\r\nE\r\n0\r\n\r\n'),
  ),
  reject(
    'data not followed by CRLF',
    400,
    hosted('GET / HTTP/1.1', ['Connection: close ', `${chunked} `], '5\r\nABCDE0\r\n\r\n'),
  ),
  reject('data not followed by CRLF (lenient there)', 400, hosted('GET / HTTP/1.1', [chunked], '5\r\nABCDE0\r\n\r\n')),
  reject('space after a size', 400, put('a \r\n0123456789\r\n0\r\n\r\n')),
  reject(
    'space after a size (lenient there)',
    400,
    hosted('GET / HTTP/1.1', [chunked], 'a \r\n0123456789\r\n0\r\n\r\n'),
  ),
]

export const ownTransferCodingCases: readonly Case[] = [
  accept('CHUNKED in capitals', hosted('PUT / HTTP/1.1', ['Transfer-Encoding: CHUNKED'], world)),
  closes(
    'the connection closes after a chunked body',
    hosted('PUT / HTTP/1.1', [chunked, 'Connection: close'], world + world),
  ),
  reject('chunked in HTTP/1.0', 400, hosted('PUT / HTTP/1.0', [chunked], world)),
  reject('an empty coding', 400, hosted('PUT / HTTP/1.1', ['Transfer-Encoding:'], world)),
  reject('chunked twice', 400, hosted('PUT / HTTP/1.1', [chunked, chunked], world)),
  reject('a quoted coding', 501, hosted('PUT / HTTP/1.1', ['Transfer-Encoding: "chunked"'], world)),
  reject('a vertical tab before the coding', 400, hosted('PUT / HTTP/1.1', ['Transfer-Encoding:\vchunked'], world)),
  reject('a negative size', 400, put('-1\r\n')),
  reject('a size with 0x', 400, put('0x5\r\nWorld\r\n0\r\n\r\n')),
  reject('an empty size', 400, put('\r\nWorld\r\n0\r\n\r\n')),
  reject('a size of seventeen digits', 400, put('00000000000000005\r\nWorld\r\n0\r\n\r\n')),
  reject('a size beyond the limit', 413, put('100001\r\n')),
  reject('a size beyond all numbers', 413, put('ffffffffffffffff\r\n')),
  reject('a size ended by LF', 400, put('5\nWorld\r\n0\r\n\r\n')),
  reject('data ended by LF', 400, put('5\r\nWorld\n0\r\n\r\n')),
  reject('data ended by CR and something', 400, put('5\r\nWorld\rx0\r\n\r\n')),
  reject('the end ended by LF', 400, put('5\r\nWorld\r\n0\r\n\n')),
  reject('an endless extension', 400, put(`5;${'a'.repeat(2000)}\r\nWorld\r\n0\r\n\r\n`)),
  reject('extensions without end in many chunks', 400, put(`1;${'a'.repeat(200)}\r\nx\r\n`.repeat(6))),
  reject('a control character in a quoted extension', 400, put('5;a="\x01"\r\nWorld\r\n0\r\n\r\n')),
  reject('something behind a quoted extension', 400, put('5;a="b"c\r\nWorld\r\n0\r\n\r\n')),
  reject('an equals sign and nothing', 400, put('5;a=\r\nWorld\r\n0\r\n\r\n')),
  reject('two equals signs', 400, put('5;a=b=c\r\nWorld\r\n0\r\n\r\n')),
  reject('endless trailers', 400, put(`0\r\n${'A: b\r\n'.repeat(400)}`)),
  reject('a trailer without a colon', 400, put('0\r\nabc\r\n\r\n')),
  reject('a folded trailer', 400, put('0\r\nA: b\r\n c\r\n\r\n')),
  reject('a control character in a trailer', 400, put('0\r\nA: \x01\r\n\r\n')),
  accept('two chunked bodies in a row', put(world).repeat(2), 2),
]
