import { accept, type Case, hosted, partial, reject, request } from './case.ts'

const chunkedEnd = '\r\n\r\n1\r\nA\r\n0\r\n\r\n'
const host = 'Host: localhost:5000'
const lfChunks = ['1', 'A', '1;abc', 'B', '1;def=ghi', 'C', '1;jkl="mno"', 'D', '0', '', 'Baz: ghi', '', '']

/** After `invalid.md`, `lenient-headers.md`, `lenient-header-value-relaxed.md` and `lenient-version.md`. */
export const invalidCases: readonly Case[] = [
  reject('ICE is another protocol', 400, hosted('GET /music HTTP/1.1').replace('HTTP/1.1', 'ICE/1.0')),
  reject('a protocol that only ends like HTTP', 400, hosted('GET /music IHTTP/1.0')),
  reject('RTSP is another protocol', 400, hosted('PUT /music RTSP/1.0')),
  {
    title: 'ANNOUNCE is a method like any other',
    input: hosted('ANNOUNCE /music HTTP/1.0'),
    accepts: 1,
    end: 'closed',
  },
  reject('headers separated by CR', 400, 'GET / HTTP/1.1\r\nHost: t\r\nFoo: 1\rBar: 2\r\n\r\n'),
  reject('headers separated by LF', 400, `POST / HTTP/1.1\r\n${host}\r\nx:x\nTransfer-Encoding: chunked${chunkedEnd}`),
  reject(
    'the end of the head has a letter for its LF',
    400,
    'GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\rZGET /evil: HTTP/1.1\r\nHost: a\r\n\r\n',
  ),
  reject(
    'the end of the head has a letter for its LF (lenient there)',
    400,
    'GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\rZGET /evil: HTTP/1.1\r\nHost: b\r\n\r\n',
  ),
  reject(
    'an empty header ended by CR',
    400,
    `POST / HTTP/1.1\r\nConnection: Close\r\n${host}\r\nx:\rTransfer-Encoding: chunked${chunkedEnd}`,
  ),
  reject(
    'an empty header ended by LF',
    400,
    `POST / HTTP/1.1\r\n${host}\r\nx:\nTransfer-Encoding: chunked${chunkedEnd}`,
  ),
  reject('@ in a header name', 400, hosted('GET / HTTP/1.1', ['Fo@: Failure'])),
  reject('a control character in a header name', 400, hosted('GET / HTTP/1.1', ['Foo\x01\test: Bar'])),
  reject('an empty header name', 400, hosted('GET / HTTP/1.1', [': Bar'])),
  accept('a method nobody knows is well-formed', hosted('MKCOLA / HTTP/1.1')),
  reject('a header name that is folded', 400, hosted('GET / HTTP/1.1', ['name', ' : value'])),
  reject(
    'a torn Connection header',
    400,
    hosted('GET / HTTP/1.1', ['Connection\r\x1b5\xd5eep-Alive', 'Accept-Encoding: gzip']),
  ),
  reject(
    'a torn unknown header',
    400,
    hosted('GET / HTTP/1.1', ['X-Some-Header\r\x1b5\xd5eep-Alive', 'Accept-Encoding: gzip']),
  ),
  reject(
    'LF alone hides a length',
    400,
    `GET / HTTP/1.1\r\nHost: t\r\nDummy: x\nContent-Length: 23\r\n\r\n${hosted('GET / HTTP/1.1', ['Dummy: GET /admin HTTP/1.1'])}`,
  ),
  reject('HTTP/5.6', 505, hosted('GET / HTTP/5.6')),
  reject('space after the request line', 400, request(['GET / HTTP/1.1', ' Host: foo'])),
  reject(
    'LF for every line end',
    400,
    ['POST / HTTP/1.1', 'Host: t', 'Transfer-Encoding: chunked', 'Trailer: Baz', 'Foo: abc', '', ...lfChunks].join(
      '\n',
    ),
  ),
  reject(
    'LF for every line end but one (lenient there)',
    400,
    ['POST / HTTP/1.1', 'Host: t\r', 'Transfer-Encoding: chunked', 'Trailer: Baz', 'Foo: abc', '', ...lfChunks].join(
      '\n',
    ),
  ),
  reject(
    'space before a header name',
    400,
    `${hosted('POST /hello HTTP/1.1', ['Foo: bar', ' Content-Length: 38'])}${hosted('GET /bye HTTP/1.1')}`,
  ),
  reject(
    'space before a header name, its body there (lenient there)',
    400,
    `${hosted('POST /hello HTTP/1.1', ['Foo: bar', ' Content-Length: 4'])}abcd`,
  ),

  reject('form feed as a header value (lenient there)', 400, hosted('GET /url HTTP/1.1', ['Header1: \f'])),
  reject(
    'form feed in the second request (lenient there)',
    400,
    `${hosted('GET /url HTTP/1.1', ['Header1: Okay'])}${hosted('GET /url HTTP/1.1', ['Header1: \f'])}`,
    1,
  ),
  reject('form feed as a header value', 400, hosted('GET /url HTTP/1.1', ['Header1:\f'])),
  reject(
    'an empty header ended by CR (lenient there)',
    400,
    `POST / HTTP/1.1\r\n${host}\r\nConnection: Close\r\nx:\rTransfer-Encoding: chunked${chunkedEnd}`,
  ),

  reject(
    'form feed inside a header value (relaxed there)',
    400,
    hosted('GET /url HTTP/1.1', ['Header1: hello\fworld']),
  ),
  reject('form feed behind a header value', 400, hosted('GET /url HTTP/1.1', ['Header1: hello\f'])),
  reject(
    'LF in a header value, also where form feeds pass',
    400,
    `POST / HTTP/1.1\r\n${host}\r\nx: \nTransfer-Encoding: chunked${chunkedEnd}`,
  ),
  reject(
    'CR in a header value, also where form feeds pass',
    400,
    `POST / HTTP/1.1\r\n${host}\r\nx: \rTransfer-Encoding: chunked${chunkedEnd}`,
  ),
  reject(
    'space after the request line, also where form feeds pass',
    400,
    request(['GET /url HTTP/1.1', ' Header1: value', 'Host: t']),
  ),

  reject('HTTP/5.6 (lenient there)', 505, request(['GET / HTTP/5.6'])),
]

export const ownInvalidCases: readonly Case[] = [
  reject('HTTP/2.0', 505, hosted('GET / HTTP/2.0')),
  reject('HTTP/1.2', 505, hosted('GET / HTTP/1.2')),
  reject('HTTP/0.9', 505, hosted('GET / HTTP/0.9')),
  reject('a version of two digits', 400, hosted('GET / HTTP/1.10')),
  reject('http in small letters', 400, hosted('GET / http/1.1')),
  reject('space after the version', 400, hosted('GET / HTTP/1.1 ')),
  reject('two spaces before the target', 400, hosted('GET  / HTTP/1.1')),
  reject('two spaces before the version', 400, hosted('GET /  HTTP/1.1')),
  reject('a tab between method and target', 400, hosted('GET\t/ HTTP/1.1')),
  reject('no method', 400, hosted(' / HTTP/1.1')),
  reject('an endless method', 400, `${'A'.repeat(100)} / HTTP/1.1\r\n`),
  reject('no Host', 400, request(['GET / HTTP/1.1'])),
  { title: 'no Host in HTTP/1.0', input: request(['GET / HTTP/1.0']), accepts: 1, end: 'closed' },
  reject('two Hosts', 400, hosted('GET / HTTP/1.1', ['Host: t.example'])),
  reject('a Host with a path', 400, request(['GET / HTTP/1.1', 'Host: t.example/x'])),
  reject('a Host with a user', 400, request(['GET / HTTP/1.1', 'Host: u@t.example'])),
  reject('a Host with a space', 400, request(['GET / HTTP/1.1', 'Host: a b'])),
  accept('an empty Host', request(['GET / HTTP/1.1', 'Host:'])),
  accept('an IPv6 Host', request(['GET / HTTP/1.1', 'Host: [::1]:7400'])),
  reject('NUL in a value', 400, hosted('GET / HTTP/1.1', ['X: a\0b'])),
  reject('DEL in a value', 400, hosted('GET / HTTP/1.1', ['X: a\x7fb'])),
  reject('NUL in the target', 400, hosted('GET /a\0b HTTP/1.1')),
  reject('a high byte in a name', 400, hosted('GET / HTTP/1.1', ['X\xe9: a'])),
  reject('two spaces of a name', 400, hosted('GET / HTTP/1.1', ['X Y: a'])),
  reject('LF before the request line', 400, `\n${hosted('GET / HTTP/1.1')}`),
  reject('CR and no LF before the request line', 400, `\r${hosted('GET / HTTP/1.1')}`),
  accept('four empty lines before the request line', `${'\r\n'.repeat(4)}${hosted('GET / HTTP/1.1')}`),
  reject('endless empty lines', 400, '\r\n'.repeat(5)),
  reject('a TLS greeting', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  partial('nothing but a method', 'GET'),
  accept('a target of 8 KiB', hosted(`GET /${'a'.repeat(8191)} HTTP/1.1`)),
  reject('a target of 8 KiB and a byte', 414, hosted(`GET /${'a'.repeat(8192)} HTTP/1.1`)),
  reject('a target without end', 414, `GET /${'a'.repeat(20000)}`),
  reject('an overlong target whose fault comes later', 414, `GET /${'a'.repeat(9000)}\0`),
  accept('headers of 8 KiB', hosted('GET / HTTP/1.1', [`X: ${'a'.repeat(8192 - 17 - 7)}`])),
  reject('headers of 8 KiB and a byte', 431, hosted('GET / HTTP/1.1', [`X: ${'a'.repeat(8192 - 17 - 6)}`])),
  reject('headers without end', 431, `GET / HTTP/1.1\r\nX: ${'a'.repeat(20000)}`),
  reject('overlong headers whose fault comes later', 431, `GET / HTTP/1.1\r\nX: ${'a'.repeat(9000)}\0`),
  accept('64 headers', hosted('GET / HTTP/1.1', Array<string>(63).fill('A: b'))),
  reject('65 headers', 431, hosted('GET / HTTP/1.1', Array<string>(64).fill('A: b'))),
  accept('100-continue', hosted('PUT / HTTP/1.1', ['Expect: 100-Continue', 'Content-Length: 1'], 'x')),
  reject('an expectation nobody knows', 417, hosted('PUT / HTTP/1.1', ['Expect: tea'])),
  reject('two expectations', 417, hosted('PUT / HTTP/1.1', ['Expect: 100-continue', 'Expect: tea'])),
  { title: 'an expectation of HTTP/1.0', input: request(['PUT / HTTP/1.0', 'Expect: tea']), accepts: 1, end: 'closed' },
  reject(
    'a part of a resource',
    400,
    hosted('PUT / HTTP/1.1', ['Content-Range: bytes 0-1/2', 'Content-Length: 2'], 'ab'),
  ),
  reject('two credentials', 400, hosted('GET / HTTP/1.1', ['Authorization: Bearer a', 'Authorization: Bearer b'])),
]
