import type { Probe } from '../../src/probe.ts'
import { nodeOf, PROMPT, REPLY, streamOf } from './shapes.ts'

/** What goes over the wire, byte by byte: HTTP/1.1 without a client in between. */
export const WIRE_ON_HONO: readonly Probe[] = [
  raw(
    'a text is framed by its length',
    ['POST /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    [REPLY],
  ),
  raw(
    'JSON is framed by its length',
    ['POST /json HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    [REPLY],
  ),
  raw(
    'a stream is framed in the chunks that it was made in',
    ['POST /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    [REPLY],
  ),
  raw(
    'headers keep their spelling and their order',
    ['POST /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    [REPLY],
  ),
  raw(
    'HTTP/1.0 gets a text',
    ['POST /text HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    [REPLY],
  ),
  raw(
    'HTTP/1.0 gets a stream without chunks',
    ['POST /stream HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    [REPLY],
  ),
  raw(
    'HTTP/1.0 may keep the connection',
    [
      'POST /text HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
      'POST /json HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    ],
    [REPLY],
  ),
  raw(
    'requests that come at once are answered in their order',
    [
      ['text', 'stream', 'json', 'late', 'headers', 'missing']
        .map((path) => `POST /${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`)
        .join('') +
        'POST /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    ],
    [REPLY],
  ),
  raw(
    'a request in chunks, with extensions and trailers',
    [
      'POST /trailers HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
      'a;x=1\r\nwhere does\r\n10\r\n the heron sleep\r\n',
      '0\r\nX-Sum: 26\r\n\r\n',
    ],
    [PROMPT],
  ),
  raw(
    'a request that comes byte by byte',
    [
      ...`POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 26\r\n\r\n${PROMPT}`,
    ],
    [PROMPT],
  ),
  raw('HEAD over the wire', ['HEAD /get HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n']),
  raw('status 204 and 304 over the wire', [
    'POST /204 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    'POST /304 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  ]),
  raw('status 101 over the wire', [
    'POST /101 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: heron\r\nContent-Length: 0\r\n\r\n',
  ]),
  raw('an upgrade that nobody takes is an ordinary request', [
    'GET /get HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  ]),
  raw('a handler that takes the socket for itself has it', [
    'POST /socket HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  ]),
  ...Object.entries({
    'an empty host': 'POST /url HTTP/1.1\r\nHost: \r\n',
    'a host that is none': 'POST /url HTTP/1.1\r\nHost: /\r\n',
    'a host with a path': 'POST /url HTTP/1.1\r\nHost: a/b\r\n',
    'a host with a port': 'POST /url HTTP/1.1\r\nHost: a:80\r\n',
    'no host': 'POST /url HTTP/1.1\r\n',
    'no host in HTTP/1.0': 'POST /url HTTP/1.0\r\n',
    'two hosts': 'POST /url HTTP/1.1\r\nHost: a\r\nHost: b\r\n',
    'a whole address': 'POST http://b.example/url?q=1 HTTP/1.1\r\nHost: a\r\n',
    'a whole address that is none': 'POST http:// HTTP/1.1\r\nHost: a\r\n',
    'an asterisk': 'OPTIONS * HTTP/1.1\r\nHost: a\r\n',
    'no slash': 'POST url HTTP/1.1\r\nHost: a\r\n',
    'two slashes': 'POST //url HTTP/1.1\r\nHost: a\r\n',
    dots: 'POST /a/../url HTTP/1.1\r\nHost: a\r\n',
    'a backslash': 'POST /a\\url HTTP/1.1\r\nHost: a\r\n',
    'half an escape': 'POST /url%zz?%zz HTTP/1.1\r\nHost: a\r\n',
    'bytes beyond ASCII': 'POST /url\xe9?\xfc HTTP/1.1\r\nHost: a\r\n',
    'a length and chunks': 'POST /url HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n',
    'an expectation that is not met': 'POST /url HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n',
    'a header that is none': 'POST /url HTTP/1.1\r\nHost: a\r\nbad header: x\r\n',
    'a method that nobody knows': 'HERON /url HTTP/1.1\r\nHost: a\r\n',
    TRACE: 'TRACE /url HTTP/1.1\r\nHost: a\r\n',
    CONNECT: 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n',
  }).map(([what, head]) =>
    raw(`a request with ${what} is answered as ever`, [
      `${head}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    ]),
  ),
]

function raw(name: string, pieces: readonly string[], kept?: Probe['kept']): Probe {
  return {
    name,
    hosts: ['hono'],
    hono(app, { saw }) {
      app.post('/text', (c) => c.text(REPLY))
      app.post('/json', (c) => c.json({ reply: REPLY }))
      app.post('/echo', async (c) => c.text(await c.req.text()))
      app.post('/stream', (c) => c.body(streamOf('on one leg ', 'among the', ' reeds')))
      app.post('/late', async (c) => {
        await new Promise(setImmediate)
        return c.text('late')
      })
      app.post('/headers', () => {
        const headers = new Headers({
          'X-Zed': '1',
          'x-alpha': '2',
          ETag: '"a"',
          'Set-Cookie': 'a=1',
        })
        headers.append('Set-Cookie', 'b=2')
        return new Response(REPLY, { headers, status: 202, statusText: 'Own Words' })
      })
      app.post('/trailers', async (c) => {
        const read = await c.req.text()
        return c.json([read, nodeOf(c).incoming.trailers, nodeOf(c).incoming.rawTrailers])
      })
      app.get('/get', (c) => c.text(REPLY))
      app.post('/204', (c) => c.body(null, 204))
      app.post('/304', (c) => c.body(null, 304))
      app.post('/101', () => new Response(null, { status: 101, headers: { Upgrade: 'heron' } }))
      app.post('/socket', async (c) => {
        nodeOf(c).incoming.socket.end('HTTP/1.1 200 Mine\r\nContent-Length: 2\r\n\r\nok')
        return new Promise<never>(() => {})
      })
      app.all('*', (c) => {
        saw('asked', [c.req.method, c.req.path, c.req.url, nodeOf(c).incoming.url])
        return c.json([c.req.path, c.req.query()], 418)
      })
    },
    play: (client) => client.raw(...pieces),
    ...(kept && { kept }),
  }
}
