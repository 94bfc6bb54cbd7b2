import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Express, Request } from 'express'
import type { Hono } from 'hono'
import type { Client } from '../../src/client.ts'
import type { Stage } from '../../src/probe.ts'
import { digest, failure, seen } from '../bodies.ts'

/** A request to the letter, and whether the client then ends its side of the connection. */
export interface RawRequest {
  readonly wire: string
  readonly ends?: boolean
}

/** An Express app that notes all that it is asked, and takes any request. */
export function notingOnExpress(app: Express, stage: Stage): void {
  app.set('env', 'production')
  app.use((req, res, next) => {
    const { method, url, path, httpVersion, rawHeaders, hostname, protocol } = req
    const asked = { method, url: short(url), path: short(path), hostname, protocol, httpVersion }
    stage.saw('request', { ...asked, headers: short(rawHeaders.join('|')) })
    stage.saw('query', seen(req.query))
    noteBody(req, stage).then((): unknown => res.type('text').send('answered'), next)
  })
}

async function noteBody(req: Request, { saw }: Stage): Promise<void> {
  let body = ''
  req.setEncoding('latin1').on('data', (text: string) => (body += text))
  try {
    await once(req, 'end')
    saw('body', short(body))
    saw('trailers', req.rawTrailers)
  } catch (error) {
    saw('no body', failure(error))
    throw error
  }
}

/** A Hono app that notes all that it is asked, and takes any request. */
export function notingOnHono(app: Hono, { saw }: Stage): void {
  app.all('*', async (c) => {
    const { method, url, path } = c.req
    saw('request', { method, url: short(withoutPort(url)), path: short(path) })
    saw('headers', short(seen(withoutPort(JSON.stringify([...c.req.raw.headers])))))
    saw('query', seen({ one: c.req.query(), all: c.req.queries() }))
    saw('body', short(await c.req.text()))
    return c.text('answered')
  })
  app.onError((error, c) => {
    saw('error', failure(error))
    return c.text('failed', 500)
  })
}

/** An Express app whose answers say what each request was; it may be asked much at once. */
export function tellingOnExpress(app: Express): void {
  app.use(async (req, res) => {
    res.send(`${req.method} ${req.url} had ${backwards(await text(req))}`)
  })
}

/** The same on Hono. */
export function tellingOnHono(app: Hono): void {
  app.all('*', async (c) => {
    return c.text(`${c.req.method} ${c.req.path} had ${backwards(await c.req.text())}`)
  })
}

/** So that a body is not found in the answer to it. */
function backwards(body: string): string {
  return body.split('').toReversed().join('')
}

/** The port of the host is another one each time. */
function withoutPort(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+/g, 'this host')
}

function short(text: string): string {
  return text.length > 500 ? `${text.length} characters, ${digest(text)}` : text
}

/** Sends each request over a connection of its own; gives what came back, by name. */
export async function sendEach(
  client: Client,
  requests: Readonly<Record<string, RawRequest | string>>,
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  for (const [name, request] of Object.entries(requests)) {
    const { wire, ends = false } = typeof request === 'string' ? { wire: request } : request
    const connection = client.connect()
    await connection.write(wire)
    if (ends) connection.end()
    answers[name] = await connection.rest()
  }
  return answers
}

/** A request without a body: its first line and further headers. */
export function head(line: string, ...headers: string[]): string {
  return `${[line, 'Host: api.test', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`
}
