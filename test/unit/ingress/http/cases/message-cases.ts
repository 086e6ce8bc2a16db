import { accept, type Case, chunks, closes, hosted, partial, reject, request } from './case.ts'

const proxy = ['User-agent: Mozilla/1.1N', 'Proxy-authorization: basic aGVsbG86d29ybGQ=']
const three = hosted('POST / HTTP/1.1', ['Content-Length: 3'], 'abc')
const chunked = 'Transfer-Encoding: chunked'
const ten = hosted('PUT / HTTP/1.1', [chunked], 'a\r\n0123456789\r\n0\r\n\r\n')
const tenWithExtension = hosted('PUT / HTTP/1.1', [chunked], 'a;foo=bar\r\n0123456789\r\n0\r\n\r\n')
const pauses = ['message', 'protocol', 'method', 'target', 'version', 'header name', 'header value', 'head', 'end']

/** After `method.md`, `pausing.md`, `pipelining.md`, `sample.md` and `uri.md` of llhttp's request tests. */
export const messageCases: readonly Case[] = [
  accept('REPORT', hosted('REPORT /test HTTP/1.1')),
  reject('CONNECT', 400, request(['CONNECT home.t.example:443 HTTP/1.0', ...proxy], 'some data\r\nand more')),
  reject('CONNECT in capitals', 400, request(['CONNECT HOME.T.EXAMPLE:443 HTTP/1.0', ...proxy])),
  reject(
    'CONNECT with a body',
    400,
    request(['CONNECT t.example:443 HTTP/1.0', ...proxy, 'Content-Length: 10'], 'blarfcicle"'),
  ),
  reject(
    'M-SEARCH of the asterisk, which is for OPTIONS',
    400,
    request(['M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'ST: "ssdp:all"']),
  ),
  accept('PATCH', hosted('PATCH /f HTTP/1.1', ['If-Match: "e0023aa4e"', 'Content-Length: 10'], 'cccccccccc')),
  accept('PURGE', hosted('PURGE /file.txt HTTP/1.1')),
  accept('SEARCH', hosted('SEARCH / HTTP/1.1')),
  accept(
    'LINK',
    hosted('LINK /dog.jpg HTTP/1.1', [
      'Link: <http://t.example/joe>; rel="tag"',
      'Link: <http://t.example/sally>; rel="tag"',
    ]),
  ),
  accept('UNLINK', hosted('UNLINK /dog.jpg HTTP/1.1', ['Link: <http://t.example/sally>; rel="tag"'])),
  accept('SOURCE', hosted('SOURCE /music HTTP/1.1')),
  reject('SOURCE of ICE', 400, hosted('SOURCE /music ICE/1.0')),
  reject('OPTIONS of RTSP', 400, hosted('OPTIONS /music RTSP/1.0')),
  reject('ANNOUNCE of RTSP', 400, hosted('ANNOUNCE /music RTSP/1.0')),
  reject('the preface of HTTP/2', 400, 'PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n'),
  accept(
    'QUERY',
    hosted('QUERY /contacts HTTP/1.1', ['Accept: text/csv', 'Content-Length: 24'], 'select surname, limit 10'),
  ),

  ...pauses.map((place) => accept(`reading may stop at the ${place} and go on`, three)),
  accept('reading may stop at a chunk size and go on', ten),
  accept('reading may stop at the name of an extension and go on', tenWithExtension),
  accept('reading may stop at the value of an extension and go on', tenWithExtension.replace('foo=bar', 'foo="b;r"')),
  accept('reading may stop at the end of a chunk and go on', ten.replace('0\r\n\r\n', '1\r\n!\r\n0\r\n\r\n')),

  partial(
    'three requests in a row, the last not whole',
    `${hosted('POST /aaa HTTP/1.1', ['Content-Length: 3'], 'AAA')}${hosted('PUT /bbb HTTP/1.1', ['Content-Length: 4'], 'BBBB')}${hosted('PATCH /ccc HTTP/1.1', ['Content-Length: 5'], 'CCCC')}`,
    2,
  ),

  accept('white space before a value', hosted('OPTIONS /url HTTP/1.1', ['Header1: Value1', 'Header2:\t Value2'])),
  accept('HEAD, which begins as HTTP does', hosted('HEAD /url HTTP/1.1')),
  accept(
    'as curl asks',
    request(['GET /test HTTP/1.1', 'User-Agent: curl/7.18.0 (i486-pc-linux-gnu)', 'Host: 0.0.0.0=5000', 'Accept: */*']),
  ),
  accept(
    'as a browser asks',
    request([
      'GET /favicon.ico HTTP/1.1',
      'Host: 0.0.0.0=5000',
      'User-Agent: Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9) Gecko/2008061015 Firefox/3.0',
      'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'Accept-Charset: ISO-8859-1,utf-8;q=0.7,*;q=0.7',
      'Keep-Alive: 300',
      'Connection: keep-alive',
    ]),
  ),
  accept('a name and a value without meaning', hosted('GET /dumbpack HTTP/1.1', ['aaaaaaaaaaaaa:++++++++++'])),
  reject('no headers at all, so no Host', 400, request(['GET /get_no_headers_no_body/world HTTP/1.1'])),
  accept('one more header, no body', hosted('GET /get_one_header_no_body HTTP/1.1', ['Accept: */*'])),
  closes(
    'as ApacheBench asks',
    request(['GET /test HTTP/1.0', 'Host: 0.0.0.0:5000', 'User-Agent: ApacheBench/2.3', 'Accept: */*']),
  ),
  accept('an empty line before the request', `\r\n${hosted('GET /test HTTP/1.1')}`),
  reject('no version', 400, 'GET /\r\n\r\n'),
  reject(
    'folded values (lenient there)',
    400,
    hosted('GET / HTTP/1.1', ['Line1:   abc', '\tdef', ' ghi', 'Line4: ', ' ', 'Connection:', ' close']),
  ),
  reject(
    'folded values with LF',
    400,
    'GET / HTTP/1.1\r\nHost: t\r\nLine1:   abc\n\tdef\n ghi\nConnection:\n close\n\n',
  ),
  reject('CR alone after the version', 400, 'GET / HTTP/1.1\rLine: 1\r\n\r\n'),
  reject('CR alone after the version (lenient there)', 400, 'GET / HTTP/1.1\rHost: t\r\n\r\n'),
  accept('an empty line before a request with headers', `\r\n${hosted('GET /url HTTP/1.1', ['Header1: Value1'])}`),
  accept('UTF-8 in a value', hosted('GET / HTTP/1.1', [`Test: D${Buffer.from('ü').toString('latin1')}sseldorf`])),
  accept('byte 255 in a value', hosted('OPTIONS /url HTTP/1.1', ['Header2: \xffValue2'])),
  reject(
    'a certificate folded over lines (lenient there)',
    400,
    hosted('GET / HTTP/1.1', ['X-SSL:   -----BEGIN', '\tMIIFbTCC', '\tRA==', '\t-----END']),
  ),

  accept('quotation marks in a target', hosted('GET /with_"lovely"_quotes?foo=\\"bar\\" HTTP/1.1')),
  accept('a second question mark', hosted('GET /test.cgi?foo=bar?baz HTTP/1.1')),
  accept('an absolute target without a path', hosted('GET http://toad.example?hail=all HTTP/1.1')),
  accept('an absolute target with a port and no path', hosted('GET http://toad.example:1234?hail=all HTTP/1.1')),
  accept('a vertical bar in the query', hosted('GET /test.cgi?query=| HTTP/1.1')),
  accept('an absolute target that ends with the port', hosted('GET http://toad.example:1234 HTTP/1.1')),
  accept('UTF-8 in the path, which the routes refuse', hosted('GET /\xce\xb4\xc2\xb6/pope?q=1 HTTP/1.1')),
  reject('a fragment', 400, hosted('GET /forums/1?page=1#posts-17408 HTTP/1.1')),
  reject('an underscore in the host of CONNECT', 400, request(['CONNECT home_0.t.example:443 HTTP/1.0', ...proxy])),
  reject('a user in an absolute target', 400, hosted('GET http://a%12:b!&*$@toad.example:1234/toto HTTP/1.1')),
  reject('a space in the target', 400, hosted('GET /foo bar/ HTTP/1.1')),
]

export const ownMessageCases: readonly Case[] = [
  accept('an absolute target with a path', hosted('GET HTTP://t.example/v1/records/a HTTP/1.1')),
  accept('https as the scheme of an absolute target', hosted('GET https://t.example/x HTTP/1.1')),
  reject('an absolute target of another scheme', 400, hosted('GET ftp://t.example/x HTTP/1.1')),
  reject('an absolute target without a host', 400, hosted('GET http:///x HTTP/1.1')),
  reject('a relative target', 400, hosted('GET x HTTP/1.1')),
  reject('a bracket alone as the whole target', 400, hosted('GET [ HTTP/1.1')),
  accept('dot segments stay as they are', hosted('GET /a/../b//c/./ HTTP/1.1')),
  accept('chunks behind a GET', hosted('GET / HTTP/1.1', [chunked], chunks('ab', 'cd'))),
  reject('the preface of HTTP/2 as it is', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  accept('OPTIONS of the asterisk', hosted('OPTIONS * HTTP/1.1')),
  reject('OPTIONS of the asterisk with a query', 400, hosted('OPTIONS *?a HTTP/1.1')),
]
