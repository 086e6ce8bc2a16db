import { accept, type Case, closes, hosted, partial, reject, request } from './case.ts'

const form = ['Content-Type: application/x-www-form-urlencoded']
const webSocket = ['Upgrade: WebSocket', 'Origin: http://t.example', 'Sec-WebSocket-Protocol: sample']

/** After `connection.md`, `content-length.md` and `finish.md` of llhttp's request tests. */
export const connectionCases: readonly Case[] = [
  accept('keep-alive said aloud', hosted('PUT /url HTTP/1.1', ['Connection: keep-alive'])),
  accept('keep-alive said aloud, twice over', hosted('PUT /url HTTP/1.1', ['Connection: keep-alive']).repeat(2), 2),
  closes('HTTP/1.0 ends the connection', `${request(['PUT /url HTTP/1.0'])}${hosted('PUT /url HTTP/1.1')}`),
  closes(
    'HTTP/1.0 with a length ends the connection all the same (lenient there)',
    `${request(['PUT /url HTTP/1.0', 'Content-Length: 0'])}${hosted('PUT /url HTTP/1.1', ['Transfer-Encoding: chunked'])}`,
  ),
  partial(
    'empty lines between requests of a connection that stays',
    `${hosted('POST / HTTP/1.1', [...form, 'Content-Length: 4'], 'q=42')}\r\n\r\nGET / HTTP/1.1`,
    1,
  ),
  reject('a bare CR where a hyphen belongs', 400, hosted('PUT /url HTTP/1.1', ['Connection: keep\ralive'])),
  closes('close', hosted('PUT /url HTTP/1.1', ['Connection: close'])),
  closes('close with a tab behind it', hosted('PUT /url HTTP/1.1', ['Connection: close\t'])),
  closes(
    'what follows close is not read',
    `${hosted('POST / HTTP/1.1', [...form, 'Content-Length: 4', 'Connection: close'], 'q=42')}\r\n\r\nGET / HTTP/1.1`,
  ),
  closes(
    'what follows close and a tab is not read',
    `${hosted('POST / HTTP/1.1', [...form, 'Content-Length: 4', 'Connection: close\t'], 'q=42')}\r\n\r\nGET / HTTP/1.1`,
  ),
  closes(
    'close means close (lenient there)',
    `${hosted('POST / HTTP/1.1', [...form, 'Content-Length: 4', 'Connection: close'], 'q=42')}\r\n\r\n${hosted('GET / HTTP/1.1')}`,
  ),
  closes(
    'close wins over keep-alive in one list',
    hosted('PUT /url HTTP/1.1', ['Connection: close, token, upgrade, keep-alive']),
  ),
  reject(
    'a folded Connection list (lenient there)',
    400,
    hosted('GET /demo HTTP/1.1', ['Connection: Something,', ' Upgrade, ,Keep-Alive', ...webSocket], 'hot dog'),
  ),
  partial(
    'an upgrade nobody takes up: what follows is the next request',
    hosted('GET /demo HTTP/1.1', ['Connection: keep-alive, upgrade', 'Upgrade: WebSocket'], 'Hot'),
    1,
  ),
  reject(
    'a folded list with CRLF inside (lenient there)',
    400,
    hosted('GET /demo HTTP/1.1', ['Connection: keep-alive, \r\n upgrade', 'Upgrade: WebSocket']),
  ),
  reject(
    'space before the colon of Connection',
    400,
    hosted('PUT /url HTTP/1.1', ['Connection : upgrade', 'Content-Length: 4'], 'abcd'),
  ),
  reject(
    'space before the colon of Connection (lenient there)',
    400,
    hosted('PUT /url HTTP/1.1', ['Connection : upgrade', 'Content-Length: 4', 'Upgrade: ws'], 'abcdefgh'),
  ),
  accept('upgrade is ignored', hosted('PUT /url HTTP/1.1', ['Connection: upgrade', 'Upgrade: ws'])),
  partial(
    'upgrade with a body: the body is read, the rest is the next request',
    hosted('PUT /url HTTP/1.1', ['Connection: upgrade', 'Content-Length: 4', 'Upgrade: ws'], 'abcdefgh'),
    1,
  ),
  partial(
    'a GET that asks for a WebSocket is an ordinary GET',
    hosted(
      'GET /demo HTTP/1.1',
      ['Connection: Upgrade', 'Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5', ...webSocket],
      'Hot',
    ),
    1,
  ),
  reject(
    'a POST that asks for HTTP/2: the body is read, what follows is no request',
    400,
    hosted(
      'POST /demo HTTP/1.1',
      ['Connection: Upgrade', 'Upgrade: HTTP/2.0', 'Content-Length: 15'],
      'sweet post bodyHot diggity dogg',
    ),
    1,
  ),

  accept('leading zeros of Content-Length', hosted('PUT /url HTTP/1.1', ['Content-Length: 003'], 'abc')),
  accept(
    'Content-Length before another header',
    hosted('PUT /url HTTP/1.1', ['Content-Length: 003', 'Ohai: world'], 'abc'),
  ),
  reject(
    'Content-Length beyond all numbers',
    413,
    hosted('PUT /url HTTP/1.1', ['Content-Length: 1000000000000000000000']),
  ),
  reject('two lengths', 400, hosted('PUT /url HTTP/1.1', ['Content-Length: 1', 'Content-Length: 2'])),
  reject(
    'a length and a coding',
    400,
    hosted('PUT /url HTTP/1.1', ['Content-Length: 1', 'Transfer-Encoding: identity']),
  ),
  reject(
    'space before the colon of Content-Length',
    400,
    hosted('PUT /url HTTP/1.1', ['Connection: upgrade', 'Content-Length : 4'], 'abcd'),
  ),
  reject(
    'space before the colon of Content-Length (lenient there)',
    400,
    hosted('PUT /url HTTP/1.1', ['Connection: upgrade', 'Content-Length : 4', 'Upgrade: ws'], 'abcdefgh'),
  ),
  reject(
    'a length and a coding (lenient there)',
    400,
    hosted('PUT /url HTTP/1.1', ['Content-Length: 1', 'Transfer-Encoding: identity'], '1'),
  ),
  closes(
    'letters of Content-Length in odd cases, on a GET of HTTP/1.0',
    request(['GET /funky HTTP/1.0', 'conTENT-Length: 5'], 'HELLO'),
  ),
  partial('spaces around a length', hosted('POST / HTTP/1.1', ['Content-Length:  42 '])),
  partial('tabs around a length', hosted('POST / HTTP/1.1', ['Content-Length:\t42\t  '])),
  reject('a space inside a length', 400, hosted('POST / HTTP/1.1', ['Content-Length: 4 2'])),
  reject('a space inside a longer length', 400, hosted('POST / HTTP/1.1', ['Content-Length: 13 37'])),
  reject('an empty length', 400, hosted('POST / HTTP/1.1', ['Content-Length:'])),
  reject('a CR inside the name Content-Length', 400, hosted('PUT /url HTTP/1.1', ['Content\rLength: 003'], 'abc')),
  partial(
    'a length without a body: the next request is taken for the body',
    `${hosted('PUT /url HTTP/1.1', ['Content-Length: 123'])}${hosted('POST /url HTTP/1.1', ['Content-Length: 456'])}`,
  ),
  reject('CR alone before the body', 400, 'PUT /url HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\rabc'),
  reject(
    'CR alone before the body (lenient there)',
    400,
    'PUT /url HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\rabcdef',
  ),

  accept('the stream may end after a GET', hosted('GET / HTTP/1.1')),
  partial('the stream ends before the body of a PUT', 'PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n'),
  partial('the stream ends inside a header', 'PUT / HTTP/1.1\r\nContent-Leng'),
]
