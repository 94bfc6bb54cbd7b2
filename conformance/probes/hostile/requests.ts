import type { HostName } from '../../src/hosts.ts'
import type { Probe } from '../../src/probe.ts'
import {
  head,
  notingOnExpress,
  notingOnHono,
  type RawRequest,
  sendEach,
  tellingOnExpress,
  tellingOnHono,
} from './noting.ts'

/** The hosts whose clients say each byte themselves. */
const HTTP1: readonly HostName[] = ['express4', 'express5', 'hono']

const FRAMING = {
  'a length and chunks': `${head('POST / HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'chunks and a length': `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n`,
  'two lengths': `${head('POST / HTTP/1.1', 'Content-Length: 4', 'Content-Length: 5')}body!`,
  'a length that is none': `${head('POST / HTTP/1.1', 'Content-Length: four')}body`,
  'a negative length': `${head('POST / HTTP/1.1', 'Content-Length: -4')}body`,
  'a length with a sign': `${head('POST / HTTP/1.1', 'Content-Length: +4')}body`,
  'chunks that are not last': `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked, gzip')}body`,
  'an unknown coding': `${head('POST / HTTP/1.1', 'Transfer-Encoding: x')}body`,
  'chunks twice': `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'a chunk size that is none': `${chunked('5\r\nfirst\r\nzz\r\nrest\r\n0\r\n\r\n')}`,
  'a chunk longer than its size': chunked('2\r\nmore than two\r\n0\r\n\r\n'),
  'a chunk size beyond all numbers': chunked('fffffffffffffffff\r\nx\r\n0\r\n\r\n'),
  'chunks that never end': { wire: chunked('5\r\nfirst\r\n'), ends: true },
  'a length that is never reached': {
    wire: `${head('POST / HTTP/1.1', 'Content-Length: 100')}only this`,
    ends: true,
  },
  'more than the length says': `${head('POST / HTTP/1.1', 'Content-Length: 4')}bodyGET / HTTP/1.1\r\n\r\n`,
  'half a head': { wire: 'POST / HTTP/1.1\r\nHost: api.test\r\nContent-Le', ends: true },
} satisfies Record<string, RawRequest | string>

const SOUND_FRAMING = {
  'chunks with extensions': chunked('4;name="value"\r\nkept\r\n6;x\r\n piece\r\n0\r\n\r\n'),
  'chunks with trailers': chunked(
    '2\r\nhi\r\n0\r\nX-Sum: 1\r\n__proto__: 2\r\n\r\n',
    'Trailer: X-Sum',
  ),
  'sizes in capitals with zeros': chunked('0000A\r\n0123456789\r\n0\r\n\r\n'),
  'a length of zero': head('POST / HTTP/1.1', 'Content-Length: 0'),
  'a POST without a body': head('POST / HTTP/1.1'),
}

const HOSTS = {
  'an empty host': 'GET /x HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n',
  'a host that is a slash': 'GET /x HTTP/1.1\r\nHost: /\r\nConnection: close\r\n\r\n',
  'no host': 'GET /x HTTP/1.1\r\nConnection: close\r\n\r\n',
  'a host with a blank': 'GET /x HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
  'half an IPv6 address': 'GET /x HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n',
  'an IPv6 address': 'GET /x HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n',
  'a user in the host': 'GET /x HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n',
  'a path in the host': 'GET /x HTTP/1.1\r\nHost: a/b?c#d\r\nConnection: close\r\n\r\n',
  'a port that is none': 'GET /x HTTP/1.1\r\nHost: a:99999\r\nConnection: close\r\n\r\n',
  'a host in capitals': 'GET /x HTTP/1.1\r\nHost: API.Test\r\nConnection: close\r\n\r\n',
  'bytes above ASCII': 'GET /x HTTP/1.1\r\nHost: \xE4\xFF.test\r\nConnection: close\r\n\r\n',
  'a percent sign': 'GET /x HTTP/1.1\r\nHost: a%zz\r\nConnection: close\r\n\r\n',
  'two hosts': head('GET /x HTTP/1.1', 'Host: other.test'),
  'a forwarded host': head('GET /x HTTP/1.1', 'X-Forwarded-Host: /', 'X-Forwarded-Proto: x,y'),
}

const HEADERS = {
  'a head of 20 KB': head('GET / HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`),
  'a head of 15 KB': head('GET / HTTP/1.1', `X-Long: ${'x'.repeat(15_000)}`),
  '1,000 headers': head('GET / HTTP/1.1', ...Array.from({ length: 1000 }, (_, n) => `h${n}: 1`)),
  'bytes above ASCII': head('GET / HTTP/1.1', 'X-Latin: caf\xE9 \xFF'),
  'an empty value': head('GET / HTTP/1.1', 'X-Empty:', 'Accept:', 'Cookie:'),
  'a NUL byte': head('GET / HTTP/1.1', 'X-Nul: a\0b'),
  'a folded line': head('GET / HTTP/1.1', 'X-Folded: a', ' b'),
  'a blank before the colon': head('GET / HTTP/1.1', 'X-Blank : a'),
  'a header without a colon': head('GET / HTTP/1.1', 'nothing'),
  'a header without a name': head('GET / HTTP/1.1', ': value'),
  'names of methods': head('GET / HTTP/1.1', '__proto__: x', 'constructor: y', 'toString: z'),
  'lines that end with LF': head('GET / HTTP/1.1').replaceAll('\r\n', '\n'),
  'two types': `${head('POST / HTTP/1.1', 'Content-Type: application/json', 'Content-Type: text/plain', 'Content-Length: 2')}{}`,
  'a type above ASCII': `${head('POST / HTTP/1.1', 'Content-Type: \xE4/\xFF; charset=\xFF', 'Content-Length: 2')}{}`,
  secrets: head(
    'GET /?access_token=s3cret HTTP/1.1',
    'Authorization: Bearer s3cret',
    'Cookie: sid=s3cret; __proto__=x; %=%zz',
  ),
  'ranges and conditions': head(
    'GET / HTTP/1.1',
    'Range: bytes=a-b',
    'If-None-Match: *',
    'If-Modified-Since: never',
  ),
  'all kinds of hop-by-hop headers': head(
    'GET / HTTP/1.1',
    'TE: trailers',
    'Keep-Alive: timeout=-1',
    'Proxy-Authorization: x',
  ),
}

const METHODS = Object.fromEntries(
  [
    'PROPFIND',
    'TRACE',
    'OPTIONS',
    'PURGE',
    'M-SEARCH',
    'LINK',
    'SEARCH',
    'DELETE',
    'QUERY',
    'get',
    'FOO',
    '',
  ]
    .map((method): [string, string] => [
      `the method "${method}"`,
      `${head(`${method} /x HTTP/1.1`, 'Content-Length: 3')}abc`,
    ])
    .concat([
      ['CONNECT', head('CONNECT other.test:443 HTTP/1.1')],
      ['OPTIONS of the server', head('OPTIONS * HTTP/1.1')],
      ['HEAD', head('HEAD /x HTTP/1.1')],
      ['HEAD with a body', `${head('HEAD /x HTTP/1.1', 'Content-Length: 3')}abc`],
      [
        'GET with chunks',
        `${head('GET /x HTTP/1.1', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`,
      ],
    ]),
)

const PROTOCOLS = {
  'HTTP/1.0': 'GET /x HTTP/1.0\r\n\r\n',
  'HTTP/1.0 with a body': 'POST /x HTTP/1.0\r\nContent-Length: 4\r\n\r\nold!',
  'HTTP/1.0 with a body up to the end': { wire: 'POST /x HTTP/1.0\r\n\r\nold!', ends: true },
  'HTTP/0.9': { wire: 'GET /x\r\n', ends: true },
  'HTTP/9.9': 'GET /x HTTP/9.9\r\nHost: a\r\n\r\n',
  'the beginning of HTTP/2': { wire: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ends: true },
  'the beginning of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03',
  'no HTTP': 'hello\r\n\r\n',
  'empty lines before it': `\r\n\r\n${head('GET /x HTTP/1.1')}`,
  'an unknown expectation': head('POST /x HTTP/1.1', 'Expect: the-unexpected', 'Content-Length: 0'),
  'an expectation, body at once': `${head('POST /x HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 4')}body`,
  'an upgrade that nobody takes': head(
    'GET /x HTTP/1.1',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: x',
  ),
  'an upgrade to HTTP/2': head('GET /x HTTP/1.1', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'),
} satisfies Record<string, RawRequest | string>

const PIPELINED = {
  'two bodies': `${open('POST /one', 'Content-Length: 3')}one${head('POST /two HTTP/1.1', 'Content-Length: 3')}two`,
  'HEAD and GET': `${open('HEAD /one')}${head('GET /two HTTP/1.1')}`,
  'a broken one behind a sound one': `${open('POST /one', 'Content-Length: 3')}one\0\0${head('GET /two HTTP/1.1')}`,
  'twenty in a row': `${open('POST /n', 'Content-Length: 1').concat('x').repeat(19)}${head('GET /last HTTP/1.1')}`,
  'chunks and then a length': `${open('POST /one', 'Transfer-Encoding: chunked')}3\r\none\r\n0\r\n\r\n${head('POST /two HTTP/1.1', 'Content-Length: 3')}two`,
} satisfies Record<string, RawRequest | string>

function chunked(body: string, ...headers: string[]): string {
  return head('POST / HTTP/1.1', 'Transfer-Encoding: chunked', ...headers) + body
}

/** A request after which the connection stays open. */
function open(line: string, ...headers: string[]): string {
  return `${[`${line} HTTP/1.1`, 'Host: api.test', ...headers].join('\r\n')}\r\n\r\n`
}

function wire(
  name: string,
  requests: Readonly<Record<string, RawRequest | string>>,
  ...kept: string[]
): Probe {
  return {
    name,
    hosts: HTTP1,
    express: notingOnExpress,
    hono: notingOnHono,
    play: (client) => sendEach(client, requests),
    ...(kept.length > 0 && { kept }),
  }
}

/** Requests as no client library sends them. */
export const HOSTILE_REQUESTS: readonly Probe[] = [
  wire('requests that contradict themselves about their length are refused as before', FRAMING),
  wire('unusual but sound chunks and lengths', SOUND_FRAMING, 'kept piece', '0123456789'),
  wire('hosts that are none', HOSTS),
  wire('headers that are too large, broken or mean', HEADERS),
  wire('methods that few know', METHODS),
  wire('old, wrong and other protocols, expectations and upgrades', PROTOCOLS),
  {
    ...wire('requests in a row on one connection keep their own bodies', PIPELINED, 'one', 'two'),
    express: tellingOnExpress,
    hono: tellingOnHono,
  },
]
