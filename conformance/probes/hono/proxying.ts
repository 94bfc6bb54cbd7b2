import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import { proxy } from 'hono/proxy'
import type { Client } from '../../src/client.ts'
import type { Answer, Asked } from '../../src/conversation.ts'
import type { Probe } from '../../src/probe.ts'
import { describe, FORM, QUESTION, REPLY } from './shapes.ts'

/** Answers with what it was asked, and what it can do as an upstream. */
async function upstream(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.url === '/gzip') {
    res.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain' })
    res.end(gzipSync(REPLY))
    return
  }
  if (req.url === '/brotli') {
    res.writeHead(200, { 'Content-Encoding': 'br', 'Content-Type': 'text/plain' })
    res.end(brotliCompressSync(REPLY))
    return
  }
  if (req.url === '/pieces') {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Bird': 'heron' })
    for (const piece of ['one', 'two', 'three']) res.write(`data: ${piece}\n\n`)
    res.end()
    return
  }
  if (req.url === '/nothing') {
    res.writeHead(204).end()
    return
  }
  if (req.url === '/moved') {
    res.writeHead(302, { Location: '/elsewhere' }).end()
    return
  }
  if (req.url === '/broken') {
    res.writeHead(200, { 'Content-Length': '100' })
    res.write('too little', () => req.socket.destroy())
    return
  }
  const body = await text(req)
  res.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': ['a=1', 'b=2'] })
  res.end(JSON.stringify([req.method, req.url, req.headers['content-type'], body]))
}

/** How the app passes requests on, and gives back what a real upstream has answered. */
export const PROXYING_ON_HONO: readonly Probe[] = [
  proxies('hono/proxy forwards the request as it came', (url, c) => proxy(url, c.req), [
    { ...QUESTION, path: '/echo?a=1' },
    { ...FORM, path: '/echo' },
    { path: '/echo', headers: { 'Content-Type': 'text/plain' }, body: 'x'.repeat(200_000) },
    { method: 'GET', path: '/echo' },
  ]),
  proxies('hono/proxy gives back all kinds of answers', (url, c) => proxy(url, c.req), [
    { ...QUESTION, path: '/gzip' },
    { ...QUESTION, path: '/brotli' },
    { ...QUESTION, path: '/pieces' },
    { ...QUESTION, path: '/nothing' },
    { method: 'HEAD', path: '/pieces' },
  ]),
  proxies(
    'fetch() with the raw request forwards it',
    (url, c) => fetch(new Request(url, c.req.raw)),
    [
      { ...QUESTION, path: '/echo' },
      { ...FORM, path: '/echo' },
    ],
    ['hono'],
  ),
  proxies(
    'fetch() with the body as a stream forwards it',
    (url, c) => {
      const { method, body, headers } = c.req.raw
      const kept = { 'Content-Type': headers.get('Content-Type') ?? 'text/plain' }
      return fetch(url, { method, body, headers: kept, duplex: 'half' } as RequestInit)
    },
    [
      { ...QUESTION, path: '/echo' },
      { path: '/echo', headers: { 'Content-Type': 'text/plain' }, body: 'y'.repeat(200_000) },
    ],
    ['hono'],
  ),
  proxies(
    'fetch() with the body as text forwards it',
    async (url, c) => fetch(url, { method: c.req.method, body: await c.req.text() }),
    [{ ...QUESTION, path: '/echo' }],
    ['hono'],
  ),
  proxies(
    'the answer of fetch() goes out as it is',
    (url) => fetch(url, { method: 'POST', redirect: 'manual' }),
    [
      { ...QUESTION, path: '/pieces' },
      { ...QUESTION, path: '/moved' },
      { ...QUESTION, path: '/nothing' },
    ],
    ['hono'],
  ),
  proxies(
    'the answer of fetch() goes out with other headers',
    async (url, c) => {
      const answer = await fetch(url, { method: 'POST' })
      return c.newResponse(answer.body, 201, { 'X-Status': String(answer.status) })
    },
    [
      { ...QUESTION, path: '/pieces' },
      { ...QUESTION, path: '/gzip' },
    ],
  ),
  proxies(
    'an upstream that breaks off breaks the answer off',
    async (url) => {
      const answer = await fetch(url, { method: 'POST' })
      return new Response(answer.body)
    },
    [{ ...QUESTION, path: '/broken' }],
  ),
  proxies(
    'an upstream that cannot be reached fails as ever',
    async (_url, c) => {
      try {
        // The port of nobody.
        return await fetch('http://127.0.0.1:1/', { method: 'POST' })
      } catch (error) {
        return c.text(describe(error), 502)
      }
    },
    [QUESTION],
  ),
]

function proxies(
  name: string,
  forward: (url: string, c: Context) => Response | Promise<Response>,
  asked: readonly Asked[],
  hosts?: Probe['hosts'],
): Probe {
  return {
    name,
    ...(hosts && { hosts }),
    hono(app) {
      app.all('*', (c) => {
        const { pathname, search } = new URL(c.req.url)
        const answer = forward(
          `http://127.0.0.1:${c.req.header('X-Upstream')}${pathname}${search}`,
          c,
        )
        return answer
      })
    },
    play: (client) => withUpstream(client, asked),
  }
}

async function withUpstream(client: Client, asked: readonly Asked[]): Promise<readonly Answer[]> {
  const server = createServer((req, res) => void upstream(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const answers: Answer[] = []
    for (const one of asked) {
      const headers = { ...one.headers, 'X-Upstream': String(port) }
      answers.push(await client.exchange({ ...one, headers }))
    }
    return answers
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
